/** How long to wait after a fault. Pure. */
import type { Fault } from "./fault.js";

const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 300_000;
/** Faults that a person must mend are tried again this often: the mending may happen on the other side. */
const MENDING_MS = 300_000;
/** Without Retry-After, a throttled tenant waits out Microsoft's running interval. */
const THROTTLED_MS = 300_000;

/**
 * Wait before try number `tries` + 1, ms; tries counts from 1. Doubles from one second to five minutes, spread by
 * `random` over the upper half; Retry-After of any length is honoured.
 */
export function backoffMs(fault: Pick<Fault, "code" | "remedy" | "retryAfterMs">, tries: number, random: () => number): number {
  if (fault.retryAfterMs !== undefined) return Math.max(fault.retryAfterMs, RETRY_MS_MIN);
  if (fault.code === "throttled") return THROTTLED_MS;
  if (fault.remedy === "consent" || fault.remedy === "configure") return MENDING_MS;
  const ceiling = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(tries - 1, 20));
  return Math.round(ceiling * (0.5 + random() / 2));
}
