/** Patterns over ids of rules, as `--rules` takes them: several are separated by commas. */

/** `*`: any characters within a part, or, where there is no slash, any at all; `**`: any at all. */
export function matches(glob: string, id: string): boolean {
  const source = glob
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "")
    .map((each) => {
      const escaped = each.replace(/[.+^$()|[\]\\{}?]/g, "\\$&");
      return escaped.replace(/\*+/g, (stars) => (stars.length > 1 || !escaped.includes("/") ? ".*" : "[^/]*"));
    });
  return source.some((each) => new RegExp(`^(${each})$`).test(id));
}
