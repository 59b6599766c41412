import { permessageDeflate } from "@ws/endpoint/zlib";
import { expect, test } from "vitest";

test.each([
  [{ treshold: 5 }, "there is no option treshold: did you mean threshold?"],
  [{ threshold: "5" }, 'threshold must be a number, not "5": did you mean 5?'],
  [{ serverNoContextTakeover: 1 }, "serverNoContextTakeover must be true or false, not 1"],
  [true, "the options must be an object, not true"],
])("permessageDeflate(%j) is a TypeError", (options, message) => {
  expect(() => permessageDeflate(options as never)).toThrow(new TypeError(message));
});

test.each([{ deflates: 1 }, { inflates: 1 }, { tasks: 1 }])("%j: streams of its own compress as those that all share do", (limits) => {
  const settings = { threshold: 0 };
  const [own, shared] = [permessageDeflate({ ...settings, ...limits }), permessageDeflate(settings)];
  const [sender, receiver] = [own, shared].map((extension) => extension.accept([{ name: "permessage-deflate", params: [] }])!.transform);
  const text = new TextEncoder().encode("Hello, hello, hello");
  const compressed = sender!.encode(text) as Uint8Array;
  expect(compressed.length).toBeLessThan(text.length);
  expect(receiver!.decode(compressed, 100)).toEqual(text);
});
