/** RFC 6455 §7.4: which status codes a Close frame may have. */
/** Codes an endpoint may put into a Close frame, §7.4, with the codes of IANA's registry. */
export function closeCodeKind(code: number): "valid" | "unassigned" | "invalid" {
  if (code >= 3000 && code <= 4999) return "valid";
  if (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) return "valid";
  if (code === 1004 || (code >= 1016 && code <= 2999) || code >= 5000) return "unassigned";
  return "invalid";
}
