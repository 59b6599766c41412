/**
 * A list of any length that keeps only what is visible in the document: a listbox in which the arrow keys move the selection.
 */
import { h } from "./dom.ts";

export interface ListItem {
  readonly id: number;
}

export interface ListOptions<Item extends ListItem> {
  readonly rowHeight: number;
  render(item: Item): HTMLElement;
  selected(item: Item): void;
  /** Enter, or a click: the person wants to look closer. */
  opened(item: Item): void;
}

export class VirtualList<Item extends ListItem> {
  readonly #box: HTMLElement;
  readonly #options: ListOptions<Item>;
  readonly #space: HTMLElement = h("div", { class: "space", role: "presentation" });
  #items: readonly Item[] = [];
  #selected: number | undefined;
  /** The end of the list stays in sight while it grows. */
  #following = true;

  constructor(box: HTMLElement, options: ListOptions<Item>) {
    this.#box = box;
    this.#options = options;
    box.append(this.#space);
    box.addEventListener("scroll", () => {
      this.#following = box.scrollTop + box.clientHeight >= box.scrollHeight - options.rowHeight;
      this.#draw();
    });
    box.addEventListener("keydown", (event) => {
      this.#key(event);
    });
    box.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-id]") : null;
      // A row that was drawn anew between press and release is found by its place.
      const index = row === null ? Math.floor((event.clientY - this.#space.getBoundingClientRect().top) / options.rowHeight) : -1;
      const id = row === null ? this.#items[index]?.id : Number(row.dataset["id"]);
      if (id !== undefined) this.select(id, true);
    });
    new ResizeObserver(() => {
      this.show(this.#items);
    }).observe(box);
  }

  get selected(): number | undefined {
    return this.#selected;
  }

  /** Items are in the order of their ids. */
  show(items: readonly Item[]): void {
    this.#items = items;
    this.#space.style.height = `${String(items.length * this.#options.rowHeight)}px`;
    if (this.#following) this.#box.scrollTop = this.#box.scrollHeight;
    this.#draw();
  }

  select(id: number | undefined, open = false): void {
    this.#selected = id;
    const index = this.#indexOf(id);
    const item = this.#items[index];
    if (item !== undefined) {
      this.#reveal(index);
      this.#options.selected(item);
      if (open) this.#options.opened(item);
    }
    this.#draw();
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.#box.clientHeight / this.#options.rowHeight) - 1);
    const last = this.#items.length - 1;
    const current = this.#indexOf(this.#selected);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: current + 1,
      ArrowUp: current < 0 ? last : current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: last,
    };
    const move = moves[event.key];
    if (move !== undefined && last >= 0) {
      event.preventDefault();
      this.select(this.#items[Math.max(0, Math.min(last, move))]!.id);
    } else if (event.key === "Enter" && current >= 0) {
      event.preventDefault();
      this.#options.opened(this.#items[current]!);
    }
  }

  #reveal(index: number): void {
    const { rowHeight } = this.#options;
    const top = index * rowHeight;
    if (top < this.#box.scrollTop) this.#box.scrollTop = top;
    else if (top + rowHeight > this.#box.scrollTop + this.#box.clientHeight) this.#box.scrollTop = top + rowHeight - this.#box.clientHeight;
  }

  /** Ids rise, so that a long list is searched in a few steps. */
  #indexOf(id: number | undefined): number {
    if (id === undefined) return -1;
    let low = 0;
    let high = this.#items.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.#items[middle]!.id;
      if (found === id) return middle;
      if (found < id) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #draw(): void {
    const { rowHeight } = this.#options;
    const first = Math.max(0, Math.floor(this.#box.scrollTop / rowHeight) - 5);
    const end = Math.min(this.#items.length, Math.ceil((this.#box.scrollTop + this.#box.clientHeight) / rowHeight) + 5);
    const rows: HTMLElement[] = [];
    for (let index = first; index < end; index += 1) {
      const item = this.#items[index]!;
      const row = this.#options.render(item);
      row.id = `${this.#box.id}-${String(item.id)}`;
      row.dataset["id"] = String(item.id);
      row.role = "option";
      row.ariaSelected = String(item.id === this.#selected);
      row.ariaPosInSet = String(index + 1);
      row.ariaSetSize = String(this.#items.length);
      row.style.transform = `translateY(${String(index * rowHeight)}px)`;
      rows.push(row);
    }
    this.#space.replaceChildren(...rows);
    const visible = rows.find((row) => row.ariaSelected === "true");
    if (visible === undefined) this.#box.removeAttribute("aria-activedescendant");
    else this.#box.setAttribute("aria-activedescendant", visible.id);
  }
}
