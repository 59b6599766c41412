/** Numbers as people read them. */

export function formatBytes(count: number): string {
  if (count < 1024) return `${String(count)} B`;
  const units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
  let value = count / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value))} ${units[unit]!}`;
}

export function formatNumber(count: number): string {
  return count.toLocaleString("en");
}

/** A span of milliseconds. */
export function formatSpan(milliseconds: number): string {
  if (milliseconds < 1) return `${String(Math.max(0, Math.round(milliseconds * 1000)))} µs`;
  if (milliseconds < 1000) return `${milliseconds.toFixed(milliseconds < 10 ? 2 : 1)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(2)} s`;
  const seconds = Math.floor(milliseconds / 1000);
  return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`;
}

/** Seconds since the beginning of a conversation, for columns. */
export function formatOffset(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(milliseconds < 100_000 ? 4 : 1);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}
