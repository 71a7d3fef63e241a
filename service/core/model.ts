/**
 * The nouns of the collector. Pure data: no I/O, no clock.
 * Times are milliseconds since the epoch, UTC (`...Ms`); sizes are bytes (`...Bytes`).
 */

/** A half-open interval of received time: startMs <= t < endMs. Always on whole seconds when it is read. */
export interface Window {
  readonly startMs: number;
  readonly endMs: number;
}

/** One message and one recipient, as the API showed it once. */
export interface Row {
  /** Identity: trace id, "|", recipient address in lower case. The trace id alone repeats over recipients. */
  readonly key: string;
  /** Everything of the row that is content and not an echo of the query (canonical text, status left out). Changes with the row. */
  readonly version: string;
  /** Received time in ms, rounded down; NaN when the API gave none that can be read (such a row belongs to the window being read). */
  readonly timeMs: number;
  /** The API's status in lower case: delivered, pending, gettingstatus, ... ("" when absent). */
  readonly status: string;
  /** The line to deliver: one JSON object, no line feed, the received time left-most, every field of the API kept. */
  readonly text: string;
}

/** One answer of the API. */
export interface Page {
  readonly rows: readonly Row[];
  /** Size of the decompressed body, bytes. */
  readonly bytes: number;
}

/** Why rows are read: requests are granted in this order. */
export type Purpose = "new" | "catch-up" | "settle" | "backfill";

/** What an API of a source can do: facts about the other side, not wishes. */
export interface ApiLimits {
  /** Rows asked for per page. */
  readonly pageRows: number;
  /** Longest interval one query may span, ms. */
  readonly windowMsMax: number;
  /** How far back the API answers, ms. */
  readonly historyMs: number;
  /** Requests per running interval and tenant, everybody together; absent where none is published. */
  readonly quota?: { readonly requests: number; readonly perMs: number };
}

/** Which statuses are final: the row will not change any more by itself. Compared in lower case. */
export const FINAL_STATUSES: ReadonlySet<string> = new Set([
  "delivered", "failed", "expanded", "quarantined", "filteredasspam", "recalled", "none",
]);

/** Length of a window, ms. */
export function lengthMs(window: Window): number {
  return window.endMs - window.startMs;
}

/** The part that two windows share, or undefined. */
export function overlap(a: Window, b: Window): Window | undefined {
  const startMs = Math.max(a.startMs, b.startMs);
  const endMs = Math.min(a.endMs, b.endMs);
  return startMs < endMs ? { startMs, endMs } : undefined;
}
