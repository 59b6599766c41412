/** The page's end of the live feed. It connects again when the inspector was restarted. */
import { decodeRecords, type FeedRecord } from "../model/records.ts";

export type FeedState = "connecting" | "live" | "lost";

export interface Feed {
  select(target: number): void;
  clear(): void;
}

/** A page that is not looked at reads on, so that nothing is lost; a message is decoded in one go. */
export function followFeed(path: string, received: (records: FeedRecord[]) => void, changed: (state: FeedState) => void): Feed {
  let socket: WebSocket;
  let delay = 250;
  const open = (): void => {
    socket = new WebSocket(path);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      delay = 250;
      changed("live");
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) received(decodeRecords(new Uint8Array(data)));
    };
    socket.onclose = () => {
      changed("lost");
      setTimeout(open, delay);
      delay = Math.min(delay * 2, 5000);
    };
  };
  changed("connecting");
  open();
  const wish = (value: unknown): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(value));
  };
  return {
    select(target) {
      wish({ select: target });
    },
    clear() {
      wish({ clear: true });
    },
  };
}
