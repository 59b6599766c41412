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
