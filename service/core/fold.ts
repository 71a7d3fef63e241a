/** Page -> fresh rows: drops what was delivered, keeps what is new or changed. Pure. */
import { bucketStartMs, fingerprint, type Entry, type FingerprintBucket, type Memory, type Print } from "./fingerprints.js";
import { FINAL_STATUSES, type Row, type Window } from "./model.js";

export interface FoldRules {
  readonly salt: string;
  readonly statusChanges: "every" | "final" | "off";
  /** Age from which a row is delivered whatever its status, ms; 0 = at once. */
  readonly horizonMs: number;
  /** The window was read before: what is new in it arrived late. */
  readonly readBefore: boolean;
}

export interface FreshRow {
  readonly row: Row;
  readonly kind: "new" | "late" | "changed";
  /** Status delivered before, for `changed`. */
  readonly statusBefore?: string;
  /** When the row was first delivered, ms; within 10 % of its age for `changed`. */
  readonly firstSeenMs: number;
  /** Which bucket remembers it, once delivered. */
  readonly bucketMs: number;
  readonly entry: Entry;
}

/** Buckets by start. A row's bucket must be there when it was ever delivered. */
export type Buckets = ReadonlyMap<number, FingerprintBucket>;

/**
 * The rows of a page to deliver now, oldest first. Rows outside the window are dropped: they belong to another one.
 * `seenMs`: when the page was asked for, ms; ages count to there.
 */
export function fold(rows: readonly Row[], window: Window, buckets: Buckets, rules: FoldRules, seenMs: number): FreshRow[] {
  const fresh: FreshRow[] = [];
  const seen = new Map<number, Set<string>>();
  for (const row of rows) {
    if (row.timeMs < window.startMs || row.timeMs >= window.endMs) continue;
    const bucketMs = bucketStartMs(row.timeMs);
    // Newest first: the first sight of a row on a page is its latest, also when that is nothing new.
    if (isSecondSight(row.key, bucketMs, seen)) continue;
    const decided = decide(row, bucketMs, window, buckets, rules, seenMs);
    if (decided) fresh.push(decided);
  }
  return fresh.toReversed();
}

function isSecondSight(key: string, bucketMs: number, seen: Map<number, Set<string>>): boolean {
  const keys = seen.get(bucketMs);
  if (!keys) seen.set(bucketMs, new Set([key]));
  else if (keys.has(key)) return true;
  else keys.add(key);
  return false;
}

function decide(row: Row, bucketMs: number, window: Window, buckets: Buckets, rules: FoldRules, seenMs: number): FreshRow | undefined {
  const print = fingerprint(rules.salt, row);
  const memory = buckets.get(bucketMs)?.find(print);
  const timeMs = Number.isFinite(row.timeMs) ? row.timeMs : window.startMs;
  const ageMs = seenMs - timeMs;
  if (memory && !isChange(memory, row, print, rules)) return undefined;
  if (!memory && isHeld(row, ageMs, rules)) return undefined;
  const firstSeenMs = memory ? timeMs + memory.firstSeenAgeMs : seenMs;
  const entry: Entry = { ...print, status: row.status, firstSeenAgeMs: ageMs };
  if (!memory) return { row, kind: rules.readBefore ? "late" : "new", firstSeenMs, bucketMs, entry };
  return { row, kind: "changed", statusBefore: memory.status, firstSeenMs, bucketMs, entry };
}

function isChange(memory: Memory, row: Row, print: Print, rules: FoldRules): boolean {
  if (rules.statusChanges !== "every") return false;
  return memory.content !== print.content || (memory.status !== row.status && memory.status !== "?");
}

/** A row that waits for its final status; it stays unknown, so that each reading finds it again. */
function isHeld(row: Row, ageMs: number, rules: FoldRules): boolean {
  return rules.statusChanges === "final" && !FINAL_STATUSES.has(row.status) && ageMs < rules.horizonMs;
}

/** The buckets after delivery of some fresh rows: only those that changed. */
export function remember(delivered: readonly FreshRow[], buckets: Buckets, empty: () => FingerprintBucket): Map<number, FingerprintBucket> {
  const byBucket = new Map<number, Entry[]>();
  for (const { bucketMs, entry } of delivered) {
    const entries = byBucket.get(bucketMs);
    if (entries) entries.push(entry);
    else byBucket.set(bucketMs, [entry]);
  }
  return new Map([...byBucket].map(([startMs, entries]) => [startMs, (buckets.get(startMs) ?? empty()).with(entries)]));
}
