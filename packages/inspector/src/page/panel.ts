/** Opens connections through the inspector and sends on them, with the browser's own WebSocket. */
import { closeCodeName } from "../model/names.ts";
import { byId } from "./dom.ts";
import { formatBytes } from "./format.ts";

const SAMPLES: Readonly<Record<string, () => { kind: "text" | "binary"; value: string }>> = {
  emoji: () => ({ kind: "text", value: "Grüße, 世界! 👋🏽 👩‍👩‍👧‍👦 🏳️‍🌈" }),
  text: () => ({ kind: "text", value: "0123456789abcdef".repeat(4096) }),
  binary: () => ({
    kind: "binary",
    value: Array.from({ length: 65_536 }, (_, index) => (index & 255).toString(16).padStart(2, "0")).join(" "),
  }),
};

/** Shown in the field; a longer example stays behind it. */
const MAX_SHOWN = 2000;

export function startPanel(opened: () => void): void {
  const state = byId("panel-state", HTMLSpanElement);
  const hint = byId("panel-message", HTMLParagraphElement);
  const connectForm = byId("connect-form", HTMLFormElement);
  const sendForm = byId("send-form", HTMLFormElement);
  const closeForm = byId("close-form", HTMLFormElement);
  const path = byId("path", HTMLInputElement);
  const subprotocols = byId("subprotocols", HTMLInputElement);
  const message = byId("message", HTMLTextAreaElement);
  const closeCode = byId("close-code", HTMLInputElement);
  const closeReason = byId("close-reason", HTMLInputElement);
  let socket: WebSocket | undefined;
  /** A 64 KiB example is not put into the field in full. */
  let sample: { shown: string; value: string } | undefined;

  const show = (text: string, className: string): void => {
    state.textContent = text;
    state.className = `pill ${className}`;
    const open = socket?.readyState === WebSocket.OPEN;
    connectForm.hidden = open;
    sendForm.hidden = closeForm.hidden = !open;
  };
  const tell = (text: string, error = false): void => {
    hint.textContent = text;
    hint.classList.toggle("error", error);
  };
  const kind = (): "text" | "binary" => (new FormData(sendForm).get("kind") === "binary" ? "binary" : "text");

  const connect = (): void => {
    const address = new URL(path.value.startsWith("/") ? path.value : `/${path.value}`, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const wanted = subprotocols.value.split(/[\s,]+/).filter((name) => name !== "");
    let next: WebSocket;
    try {
      next = new WebSocket(address, wanted);
    } catch (error) {
      tell((error as Error).message, true);
      return;
    }
    socket = next;
    next.binaryType = "arraybuffer";
    tell("");
    show("connecting", "busy");
    next.onopen = () => {
      show(next.protocol === "" ? "connected" : `connected, ${next.protocol}`, "good");
      message.focus();
      opened();
    };
    next.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      const size =
        typeof data === "string" ? `${data.length.toLocaleString("en")} characters of text` : `${formatBytes(data.byteLength)} of binary`;
      tell(`Received ${size}.`);
    };
    next.onclose = ({ code, reason }) => {
      if (socket !== next) return;
      socket = undefined;
      show("not connected", "");
      tell(`Closed with ${String(code)} ${closeCodeName(code)}${reason === "" ? "" : `: ${reason}`}.`);
    };
  };

  connectForm.addEventListener("submit", (event) => {
    event.preventDefault();
    if (socket === undefined) connect();
  });

  const send = (): void => {
    if (socket === undefined) return;
    const value = sample !== undefined && message.value === sample.shown ? sample.value : message.value;
    if (kind() === "text") {
      socket.send(value);
      tell("");
      return;
    }
    const bytes = parseHex(value);
    if (bytes === undefined) {
      tell("Binary is written as pairs of hex digits, such as 48 65 6C 6C 6F.", true);
      message.focus();
      return;
    }
    socket.send(bytes);
    tell("");
  };
  sendForm.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  message.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      send();
    }
  });
  sendForm.addEventListener("click", (event) => {
    const name = event.target instanceof HTMLElement ? event.target.dataset["sample"] : undefined;
    const example = name === undefined ? undefined : SAMPLES[name]?.();
    if (example === undefined) return;
    const radio = sendForm.querySelector<HTMLInputElement>(`input[value="${example.kind}"]`);
    if (radio !== null) radio.checked = true;
    const { value } = example;
    const shown = value.length <= MAX_SHOWN ? value : `${value.slice(0, MAX_SHOWN)} …`;
    sample = { shown, value };
    message.value = shown;
    tell(shown === value ? "" : "Shown in part; all of it will be sent.");
  });
  closeForm.addEventListener("submit", (event) => {
    event.preventDefault();
    if (socket === undefined) return;
    const code = Number(closeCode.value);
    try {
      if (closeCode.value.trim() === "") socket.close();
      else socket.close(code, closeReason.value);
      show("closing", "busy");
      tell("");
    } catch {
      const reasonLength = new TextEncoder().encode(closeReason.value).length;
      tell(
        reasonLength > 123
          ? "A reason takes at most 123 octets."
          : "A browser's script may close with 1000 or 3000 to 4999 only; leave the field empty for no code.",
        true,
      );
      closeCode.focus();
    }
  });
}

function parseHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  const digits = text.replace(/\s+|0x/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) return undefined;
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) => Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16));
}
