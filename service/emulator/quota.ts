/** Requests per running interval of one tenant, everybody together (microsoft-apis.md 2.5). */

export interface Quota {
  /** Takes a place; when none is left, how long until one is, ms. A refused request does not count. */
  take(nowMs: number): { readonly waitMs: number } | undefined;
  status(nowMs: number): { readonly used: number; readonly peak: number; readonly refused: number };
}

export function createQuota(limit: { readonly requests: number; readonly perMs: number }): Quota {
  let timesMs: number[] = [];
  let peak = 0;
  let refused = 0;
  const drop = (nowMs: number): void => {
    timesMs = timesMs.filter((atMs) => atMs > nowMs - limit.perMs);
  };
  return {
    take(nowMs) {
      drop(nowMs);
      if (timesMs.length >= limit.requests) {
        refused++;
        return { waitMs: (timesMs[0] ?? nowMs) + limit.perMs - nowMs };
      }
      timesMs.push(nowMs);
      peak = Math.max(peak, timesMs.length);
      return undefined;
    },
    status(nowMs) {
      drop(nowMs);
      return { used: timesMs.length, peak, refused };
    },
  };
}
