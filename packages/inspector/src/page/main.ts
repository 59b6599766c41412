/** The page: the feed's records go into the log, the log onto the screen. */
import { exportJson } from "../export/json.ts";
import { exportPcapng } from "../export/pcapng.ts";
import type { Conversation, Entry } from "../model/entry.ts";
import { ConversationLog } from "../model/log.ts";
import { closeCodeName } from "../model/names.ts";
import { Details } from "./details.ts";
import { byId, h } from "./dom.ts";
import { followFeed, type FeedState } from "./feed.ts";
import { EVERYTHING, type Filter, matches } from "./filter.ts";
import { formatBytes, formatSpan, plural } from "./format.ts";
import { VirtualList } from "./list.ts";
import { startPanel } from "./panel.ts";
import { renderRow, ROW_HEIGHT } from "./row.ts";
import { startTheme } from "./theme.ts";

/** Milliseconds between two drawings while entries pour in. */
const DRAW_INTERVAL = 80;

let log = new ConversationLog();
let filter: Filter = EVERYTHING;
/** What the list showed when it was paused, and how many entries there were. */
let paused: { readonly entries: readonly Entry[]; readonly last: number } | undefined;

const timelineBox = byId("timeline", HTMLDivElement);
const feedState = byId("feed", HTMLParagraphElement);
const count = byId("count", HTMLSpanElement);
const pauseButton = byId("pause", HTMLButtonElement);
const targetSelect = byId("target", HTMLSelectElement);
const query = byId("query", HTMLInputElement);
const direction = byId("direction", HTMLSelectElement);
const kinds = byId("kinds", HTMLSelectElement);
const detailsBox = byId("details", HTMLElement);

const details = new Details(detailsBox);
const timeline = new VirtualList<Entry>(timelineBox, {
  rowHeight: ROW_HEIGHT,
  render: (entry) => renderRow(entry, filter.conversation === undefined),
  selected: (entry) => {
    details.show(entry);
  },
  opened: () => {
    showView("details");
  },
});

type ConversationItem = { readonly id: number; readonly conversation: Conversation | undefined };
const conversations = new VirtualList<ConversationItem>(byId("conversations", HTMLDivElement), {
  rowHeight: 58,
  render: renderConversation,
  selected: ({ id }) => {
    filter = { ...filter, conversation: id === 0 ? undefined : id };
    changed();
  },
  opened: () => {
    showView("timeline");
  },
});

const feed = followFeed(
  `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/__inspector/feed`,
  (records) => {
    log.receive(records);
    changed();
  },
  (state: FeedState) => {
    // The history is sent again from its beginning.
    if (state === "live") restart();
    feedState.dataset["state"] = state;
    feedState.textContent = { connecting: "Connecting…", live: "Live", lost: "The inspector does not answer" }[state];
  },
);

function restart(): void {
  log = new ConversationLog();
  paused = undefined;
  pauseButton.ariaPressed = "false";
  details.show(undefined);
  changed();
}

let scheduled = false;
let drawn = 0;
function changed(): void {
  if (scheduled) return;
  scheduled = true;
  setTimeout(
    () => {
      requestAnimationFrame(draw);
    },
    Math.max(0, drawn + DRAW_INTERVAL - performance.now()),
  );
}

function draw(): void {
  scheduled = false;
  drawn = performance.now();
  const all = paused?.entries ?? log.entries;
  const shown = all.filter((entry) => matches(entry, filter));
  timelineBox.classList.toggle("several", filter.conversation === undefined);
  timeline.show(shown);
  conversations.show([
    { id: 0, conversation: undefined },
    ...log.conversations.map((conversation) => ({ id: conversation.id, conversation })),
  ]);
  if (conversations.selected === undefined) conversations.select(0);
  details.refresh();
  drawTargets();
  const parts = [
    shown.length === all.length
      ? plural(all.length, "entry", "entries")
      : `${plural(shown.length, "entry", "entries")} of ${all.length.toLocaleString("en")}`,
  ];
  if (log.dropped > 0) parts.push(`${plural(log.dropped, "older entry", "older entries")} dropped`);
  if (paused !== undefined) parts.push(`paused, ${plural(newEntries(), "new entry", "new entries")}`);
  const text = parts.join(" · ");
  if (count.textContent !== text) count.textContent = text;
  timelineBox.dataset["empty"] =
    all.length > 0 ? "Nothing matches the filter." : "Nothing has passed yet. Connect a client to this address, or use the panel.";
  timelineBox.classList.toggle("empty", shown.length === 0);
}

function newEntries(): number {
  return Math.max(0, (log.entries.at(-1)?.id ?? 0) - (paused?.last ?? 0));
}

function renderConversation({ conversation }: ConversationItem): HTMLElement {
  if (conversation === undefined) {
    const total = log.conversations.length;
    return h(
      "div",
      { class: "conversation" },
      h("span", { class: "path" }, "All conversations"),
      h("span", { class: "summary" }, plural(total, "conversation")),
    );
  }
  const { counts, close } = conversation;
  const frames = counts.client.frames + counts.target.frames;
  const end =
    conversation.ended === undefined
      ? conversation.state
      : close?.code === undefined
        ? conversation.state
        : `${String(close.code)} ${closeCodeName(close.code)}`;
  const span = conversation.ended === undefined ? "" : ` · ${formatSpan(conversation.ended - conversation.started)}`;
  return h(
    "div",
    { class: `conversation ${conversation.state}` },
    h(
      "span",
      { class: "path" },
      h("span", { class: "number" }, `#${String(conversation.id)}`),
      ` ${conversation.request?.target ?? "…"}`,
      conversation.problems > 0 &&
        h("span", { class: "pill error", title: plural(conversation.problems, "problem") }, String(conversation.problems)),
    ),
    h(
      "span",
      { class: "summary" },
      h("span", { class: "dot", "aria-hidden": "true" }),
      h("span", { class: "cut" }, `${end} · ${plural(frames, "frame")} · ${formatBytes(counts.client.bytes + counts.target.bytes)}${span}`),
    ),
  );
}

let drawnSetup: typeof log.setup;
function drawTargets(): void {
  const { setup } = log;
  if (setup === undefined || setup === drawnSetup) return;
  drawnSetup = setup;
  targetSelect.replaceChildren(
    ...setup.targets.map(({ name, url }, index) => h("option", { value: index }, url.endsWith(name) ? url : `${name}: ${url}`)),
  );
  targetSelect.value = String(setup.selected);
  targetSelect.disabled = setup.targets.length < 2;
}

targetSelect.addEventListener("change", () => {
  feed.select(Number(targetSelect.value));
});

function togglePause(): void {
  paused = paused === undefined ? { entries: log.entries.slice(), last: log.entries.at(-1)?.id ?? 0 } : undefined;
  pauseButton.ariaPressed = String(paused !== undefined);
  pauseButton.textContent = paused === undefined ? "Pause" : "Resume";
  changed();
}
pauseButton.addEventListener("click", togglePause);

byId("clear", HTMLButtonElement).addEventListener("click", () => {
  feed.clear();
  log.clear();
  if (paused !== undefined) togglePause();
  filter = { ...filter, conversation: undefined };
  conversations.select(0);
  timeline.select(undefined);
  details.show(undefined);
  changed();
});

const filtersChanged = (): void => {
  filter = {
    ...filter,
    query: query.value.trim().toLowerCase(),
    direction: direction.value === "client" || direction.value === "target" ? direction.value : undefined,
    kinds: kinds.value as Filter["kinds"],
  };
  changed();
};
for (const input of [query, direction, kinds]) input.addEventListener("input", filtersChanged);
byId("filter-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
});

// Keys of one letter work in the time line only, so that they never get in the way of typing (WCAG 2.1.4).
timelineBox.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "/") {
    event.preventDefault();
    query.focus();
  } else if (event.key === "p" || event.key === "P") togglePause();
  else if (event.key === "Escape") {
    timeline.select(undefined);
    details.show(undefined);
  }
});
query.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "Enter") {
    event.preventDefault();
    timelineBox.focus();
  }
});
detailsBox.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    showView("timeline");
    timelineBox.focus();
  }
});

const exportMenu = byId("export", HTMLElement);
function save(name: string, type: string, parts: readonly BlobPart[]): void {
  exportMenu.removeAttribute("open");
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}
function exported(): readonly [Conversation[], readonly Entry[]] {
  const chosen = log.conversations.filter(({ id }) => filter.conversation === undefined || filter.conversation === id);
  return [chosen, paused?.entries ?? log.entries];
}
function fileName(extension: string): string {
  return `websocket-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.${extension}`;
}
byId("export-json", HTMLButtonElement).addEventListener("click", () => {
  save(fileName("json"), "application/json", exportJson(...exported()));
});
byId("export-pcapng", HTMLButtonElement).addEventListener("click", () => {
  save(fileName("pcapng"), "application/octet-stream", exportPcapng(...exported()));
});
exportMenu.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  exportMenu.removeAttribute("open");
  exportMenu.querySelector("summary")?.focus();
});
document.addEventListener("click", (event) => {
  if (event.target instanceof Node && !exportMenu.contains(event.target)) exportMenu.removeAttribute("open");
});

/** On a narrow screen one part is shown at a time. */
function showView(view: string): void {
  document.body.dataset["view"] = view;
  for (const button of document.querySelectorAll<HTMLElement>("[data-show]")) {
    if (button.dataset["show"] === view) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
}
for (const button of document.querySelectorAll<HTMLElement>("[data-show]")) {
  button.addEventListener("click", () => {
    showView(button.dataset["show"] ?? "timeline");
  });
}

startTheme(byId("theme", HTMLButtonElement));
startPanel(() => {
  changed();
});
changed();
