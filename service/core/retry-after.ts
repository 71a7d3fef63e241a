/** Longest wait that is taken at its word: a year. More is a defect of the other side, and would overflow sums. */
const WAIT_MS_MAX = 366 * 86_400_000;

/**
 * How long a `Retry-After` header asks to wait, ms; undefined when it is absent or cannot be read.
 * Both forms of RFC 9110 section 10.2.3: seconds of any length, or an HTTP date (a past one means 0).
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? "";
  if (text === "" || text.length > 400) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(WAIT_MS_MAX, Math.ceil(Number(text) * 1000));
  // Date.parse reads far more than HTTP dates ("May 7", "-1"); those are not an answer to "how long".
  if (!/^[A-Za-z]{3,9},? .*GMT$/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.min(WAIT_MS_MAX, Math.max(0, atMs - nowMs));
}
