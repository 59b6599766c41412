/** Patterns over ids of rules, as `--rules` takes them: several are separated by commas. */

/**
 * `*`: any characters within a part, or, where there is no slash, any at all; `**`: any at all; `{a,b}`: one of these, which may be patterns
 * themselves. A brace without its other half is an ordinary character.
 */
export function matcherOf(glob: string): (id: string) => boolean {
  const patterns = partsOf(glob)
    .map((each) => each.trim())
    .filter((each) => each !== "")
    .map((each) => new RegExp(`^(?:${sourceOf(each, each.includes("/") ? "[^/]*" : ".*")})$`));
  return (id) => patterns.some((pattern) => pattern.test(id));
}

/** What the commas outside of braces separate. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let [from, depth] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "{" && closingBrace(text, at) !== undefined) depth++;
    else if (text[at] === "}" && depth > 0) depth--;
    else if (text[at] === "," && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}

function closingBrace(text: string, open: number): number | undefined {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return undefined;
}

/** A regular expression. `star`: what one star stands for. */
function sourceOf(glob: string, star: string): string {
  let source = "";
  for (let at = 0; at < glob.length; at++) {
    const end = glob[at] === "{" ? closingBrace(glob, at) : undefined;
    if (end !== undefined) {
      source += `(?:${partsOf(glob.slice(at + 1, end))
        .map((each) => sourceOf(each, star))
        .join("|")})`;
      at = end;
    } else if (glob[at] !== "*") source += glob[at]!.replace(/[.+^$()|[\]\\{}?]/, "\\$&");
    else if (glob[at + 1] !== "*") source += star;
    else {
      source += ".*";
      while (glob[at + 1] === "*") at++;
    }
  }
  return source;
}
