/**
 * The sums of the settling schedule: runs the real `plan` over virtual days, counting pages as requests. `npm run sums`
 * (test/bench/write-settling.ts) writes docs/settling.md with them; a test checks that they are not stale.
 */
import { cover, emptyCoverage, tidy, type Coverage } from "../../service/core/coverage.js";
import { lengthMs, type Purpose, type Window } from "../../service/core/model.js";
import { plan, type Rules } from "../../service/core/plan.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PAGE_ROWS = 5000;
const PROMPT_MS_MAX = 2000;

export const RULES: Rules = { intervalMs: 300_000, offsetMs: 0, horizonMs: DAY_MS, historyMs: 89 * DAY_MS, windowMsMax: 10 * DAY_MS, pageRows: PAGE_ROWS, catchUp: "oldest" };

/** A reading: which received times, and when. */
interface Reading {
  readonly window: Window;
  readonly atMs: number;
}
export interface Run {
  readonly requests: Readonly<Record<Purpose, number>>;
  readonly readings: readonly Reading[];
  readonly spansMax: number;
}

/** Runs the schedule for `days` at a steady flow; the first day fills the horizon and is not counted. */
export function runSchedule(rowsPerDay: number, days = 2): Run {
  const perMs = rowsPerDay / DAY_MS;
  const requests: Record<Purpose, number> = { new: 0, "catch-up": 0, settle: 0, backfill: 0 };
  const readings: Reading[] = [];
  let coverage: Coverage = emptyCoverage(0);
  let nowMs = 300_000;
  let lastBeside: Purpose | undefined;
  let spansMax = 0;
  while (nowMs < days * DAY_MS) {
    const step = plan(coverage, RULES, { suspects: [], ...(lastBeside ? { lastBeside } : {}) }, nowMs);
    if (step.kind === "wait") nowMs = step.untilMs;
    if (step.kind !== "read") continue;
    const rows = Math.round(lengthMs(step.window) * perMs);
    const pages = Math.max(1, Math.ceil(rows / PAGE_ROWS));
    if (nowMs >= DAY_MS) requests[step.why] += pages;
    readings.push({ window: step.window, atMs: nowMs });
    coverage = cover(coverage, step.window, nowMs, rows);
    if (step.why === "new") coverage = { ...coverage, polledMs: nowMs };
    else lastBeside = step.why;
    if (step.why === "settle") coverage = { ...coverage, settleReadMs: nowMs };
    coverage = tidy(coverage, RULES.horizonMs, nowMs);
    spansMax = Math.max(spansMax, coverage.spans.length);
    // A page takes some seconds (microsoft-apis 2.2).
    nowMs += pages * 3000;
  }
  return { requests, readings, spansMax };
}

/** How late rows become visible: quantile function, ms. */
export type Lateness = (share: number) => number;
/** The emulator's (flow-options.ts): log-uniform from promptMsMax, two seconds, to 24 hours: half of the late rows within seven minutes. */
export const LOG_UNIFORM: Lateness = (share) => PROMPT_MS_MAX * (DAY_MS / PROMPT_MS_MAX) ** share;
/** Pessimistic: any lateness up to 24 hours is as likely as any other. */
export const UNIFORM: Lateness = (share) => share * DAY_MS;

/** What became of late rows, sorted by time each: ms from visible to found, and ms from received to found. */
export interface Found {
  readonly delaysMs: readonly number[];
  readonly agesMs: readonly number[];
}

const SAMPLES = 2000;

/**
 * Late rows of a day and the readings that find them. A late row is one that was not there at the first reading of its
 * stretch; a row that is never found counts with an infinite delay.
 */
export function findLate(run: Run, lateness: Lateness): Found {
  const delaysMs: number[] = [];
  const agesMs: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const receivedMs = DAY_MS * 0.2 + (sample * DAY_MS * 0.7) / SAMPLES;
    const lateMs = lateness(((sample * 617) % SAMPLES) / SAMPLES);
    const visibleMs = receivedMs + Math.min(lateMs, DAY_MS - 1);
    const over = run.readings.filter(({ window }) => window.startMs <= receivedMs && receivedMs < window.endMs);
    const found = over.find(({ atMs }) => atMs >= visibleMs);
    if (found && found === over[0]) continue;
    delaysMs.push(found ? found.atMs - visibleMs : Number.POSITIVE_INFINITY);
    agesMs.push(found ? found.atMs - receivedMs : Number.POSITIVE_INFINITY);
  }
  const ascending = (values: number[]) => values.toSorted((a, b) => a - b);
  return { delaysMs: ascending(delaysMs), agesMs: ascending(agesMs) };
}

/** The value that a share of the sorted values does not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}
