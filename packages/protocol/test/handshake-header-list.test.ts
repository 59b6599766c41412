import { describe, expect, test } from "vitest";

import { headerList, HeadDecoder, evaluateRequest, type Header } from "../src/handshake/index.ts";
import { lines, octets } from "./handshake-support.ts";

const FIELDS: Header[] = [
  ["Host", "a"],
  ["Date", "today"],
  ["Set-Cookie", "a=1"],
  ["SET-COOKIE", "b=2"],
  ["X-Empty", ""],
];

describe("a list of header fields", () => {
  test("RFC 9110 §5.1 names are looked up without regard to case", () => {
    const list = headerList(FIELDS);
    expect([list.get("host"), list.get("HOST"), list.get("Host")]).toEqual(["a", "a", "a"]);
    expect(list.getAll("set-cookie")).toEqual(["a=1", "b=2"]);
    expect(list.get("x-empty")).toBe("");
  });

  test("RFC 9110 §5.2 several fields of a name are one list", () => {
    expect(headerList(FIELDS).get("Set-Cookie")).toBe("a=1, b=2");
  });

  test("what is not there is null, or no value", () => {
    const list = headerList(FIELDS);
    for (const name of ["cookie", "constructor", "__proto__", "length", "0", "get", ""]) {
      expect([list.get(name), list.getAll(name)]).toEqual([null, []]);
    }
  });

  test("is the fields themselves, in order, as an array", () => {
    const list = headerList(FIELDS);
    expect([...list]).toEqual(FIELDS);
    expect(new Map(list).get("Host")).toBe("a");
    expect(list.map(([name]) => name)).toEqual(["Host", "Date", "Set-Cookie", "SET-COOKIE", "X-Empty"]);
    expect(list.filter(([name]) => name === "Host")).toEqual([["Host", "a"]]);
    expect(Object.getPrototypeOf(list.map((field) => field))).toBe(Array.prototype);
    expect(headerList(list)).toBe(list);
    expect(headerList([])).toHaveLength(0);
  });

  test("is what a request and a response have", () => {
    const response = new HeadDecoder("response");
    response.receive(octets(lines("HTTP/1.1 101 ", "X-A: 1", "x-a: 2")));
    response.poll();
    expect(response.head.headers.get("x-a")).toBe("1, 2");
    const head = { method: "GET", target: "/", version: "1.1" };
    const headers: Header[] = [
      ["Host", "a"],
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
      ["Sec-WebSocket-Version", "13"],
      ["Cookie", "a=1"],
    ];
    const request = evaluateRequest({ ...head, headers });
    expect(request.kind === "upgrade" && request.headers.get("cookie")).toBe("a=1");
  });
});
