/** When a person is told that a source is late. Pure. */

/** What is known of a source at one look; times in ms since the epoch. */
export interface Punctuality {
  /** Up to here, from the newest end, everything was read and delivered. */
  readonly frontierMs: number;
  /** A source cannot be later than it is old. */
  readonly createdMs: number;
  readonly pollingIntervalMs: number;
  /** How long rows are left to ripen by will, ms. */
  readonly timeOffsetMs: number;
}

/** What was seen of a source before. */
export interface Lateness {
  /** At the last look it was late already. */
  readonly wasLate: boolean;
  /** When somebody was told last. */
  readonly toldMs?: number;
}

export const PUNCTUAL: Lateness = { wasLate: false };

/** Nobody is called for less, ms. */
const LATE_AFTER_MS = 15 * 60_000;
/** A source that polls rarely is late after so many intervals. */
const LATE_AFTER_INTERVALS = 3;
/** How often the same lateness is told again, ms: alerts look for a line in the last quarter of an hour. */
const TELL_EVERY_MS = 5 * 60_000;

/** How late the newest delivery is beyond what its definition wants, ms; 0 at the least. */
export function lateByMs(source: Punctuality, nowMs: number): number {
  return Math.max(0, nowMs - source.timeOffsetMs - Math.max(source.frontierMs, source.createdMs));
}

/**
 * Judges one look. Told is what was late at the look before, too: a source that was just started or resumed gets until then to
 * catch up.
 */
export function judgeLateness(before: Lateness, source: Punctuality, nowMs: number): { readonly after: Lateness; readonly tell: boolean } {
  const isLate = lateByMs(source, nowMs) > Math.max(LATE_AFTER_MS, LATE_AFTER_INTERVALS * source.pollingIntervalMs);
  if (!isLate) return { after: PUNCTUAL, tell: false };
  const isDue = before.toldMs === undefined || nowMs - before.toldMs >= TELL_EVERY_MS || nowMs < before.toldMs;
  const tell = before.wasLate && isDue;
  const toldMs = tell ? nowMs : before.toldMs;
  return { after: { wasLate: true, ...(toldMs === undefined ? {} : { toldMs }) }, tell };
}
