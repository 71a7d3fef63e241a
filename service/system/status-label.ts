import type { RequestOutcome } from "../ports.js";

/** Statuses that tell something of their own; every other one is counted by its class. */
const NAMED: ReadonlySet<number> = new Set([200, 400, 401, 403, 404, 408, 410, 413, 429, 500, 502, 503, 504]);

/** A bounded label for an outcome: a known HTTP status, a class such as "2xx", or the code of a fault (a closed catalogue). */
export function statusLabel(status: RequestOutcome["status"]): string {
  if (typeof status === "string") return status;
  if (NAMED.has(status)) return String(status);
  return status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : "other";
}
