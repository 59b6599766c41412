// Text for properties.

import fc from "fast-check";

/** Any character, those of each length in UTF-8 as often. fast-check's own unit "binary" lists all code points before its first, which takes two seconds. */
export const anyCharacter: fc.Arbitrary<string> = fc
  .oneof(
    fc.nat({ max: 0x7f }),
    fc.integer({ min: 0x80, max: 0x7ff }),
    fc.integer({ min: 0x800, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0xffff }),
    fc.integer({ min: 0x1_0000, max: 0x10_ffff }),
  )
  .map((point) => String.fromCodePoint(point));
