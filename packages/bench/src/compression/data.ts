/** Messages as programs send them: alike, but never the same twice. */

export const kinds = ["json", "text", "binary"] as const;
export type Kind = (typeof kinds)[number];

/** `count` messages of exactly `length` bytes, the same in every run. */
export function messagesOf(kind: Kind, length: number, count: number): Uint8Array[] {
  const random = generator(length);
  return Array.from({ length: count }, () => make[kind](length, random));
}

type Random = (below: number) => number;

const words = (
  "the of and to in is was for that with as on by at from his her it an are were which this be has had not or but their one all more " +
  "price volume user message channel status active pending update create order trade market symbol request version change team meeting " +
  "tomorrow morning please consider latest because through between under system number people water world house place again different"
).split(" ");

const make: Record<Kind, (length: number, random: Random) => Uint8Array> = {
  /** A feed of records, as dashboards, chats and markets send it. */
  json(length, random) {
    let text = `{"type":"update","time":${1_700_000_000_000 + random(1e9)},"items":[`;
    while (text.length < length) {
      const item = {
        id: random(1e9),
        type: word(random),
        user: `${word(random)}${random(1000)}`,
        price: random(100_000) / 100,
        active: random(2) === 0,
        text: sentence(random, 6),
      };
      text += `${JSON.stringify(item)},`;
    }
    return ascii(text, length);
  },
  text(length, random) {
    let text = "";
    while (text.length < length) text += `${sentence(random, 4 + random(12))}. `;
    return ascii(text, length);
  },
  /** Records of a counter, a small number, and a measurement whose lower half is noise. */
  binary(length, random) {
    const bytes = new Uint8Array(length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let offset = 0; offset + 12 <= length; offset += 12) {
      view.setUint32(offset, offset / 12);
      view.setUint16(offset + 4, random(100));
      view.setUint16(offset + 6, 7);
      view.setFloat32(offset + 8, 20 + random(1_000_000) / 1_000_000);
    }
    return bytes;
  },
};

function sentence(random: Random, count: number): string {
  return Array.from({ length: count }, () => word(random)).join(" ");
}

/** Common words are more common, as in any language. */
function word(random: Random): string {
  return words[Math.floor((random(1000) / 1000) ** 2 * words.length)]!;
}

function ascii(text: string, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => text.charCodeAt(index));
}

/** xorshift32. */
function generator(seed: number): Random {
  let state = (seed * 2_654_435_761) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
