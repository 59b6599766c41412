import { generate } from "selfsigned";

let made: Promise<{ key: string; cert: string }> | undefined;

/** A certificate for localhost and 127.0.0.1, in PEM, made once per process; it is its own authority. */
export function certificate(): Promise<{ key: string; cert: string }> {
  made ??= Promise.resolve(
    generate([{ name: "commonName", value: "localhost" }], {
      keyType: "ec",
      extensions: [
        { name: "basicConstraints", cA: true, critical: true },
        { name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }, { type: 7, ip: "127.0.0.1" }] },
      ],
    }),
  ).then(({ private: key, cert }) => ({ key, cert }));
  return made;
}
