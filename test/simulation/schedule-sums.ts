/**
 * The sums of the settling schedule: runs the real `plan` over virtual days, counting pages as requests, and prints the
 * tables of docs/settling.md. `npm run sums` writes them; a test checks that they are not stale.
 */
import { cover, emptyCoverage, tidy, type Coverage } from "../../service/core/coverage.js";
import { lengthMs, type Purpose, type Window } from "../../service/core/model.js";
import { plan, type Rules } from "../../service/core/plan.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PAGE_ROWS = 5000;

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
    const step = plan(coverage, RULES, { capMs: Number.POSITIVE_INFINITY, ...(lastBeside ? { lastBeside } : {}) }, nowMs);
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
/** Most late rows come within the hour, the last after 24 hours: log-uniform from one minute to 24 hours. */
export const LOG_UNIFORM: Lateness = (share) => 60_000 * (DAY_MS / 60_000) ** share;
/** Pessimistic: any lateness up to 24 hours is as likely as any other. */
export const UNIFORM: Lateness = (share) => share * DAY_MS;

/** Delay from the moment a late row becomes visible to the reading that finds it, ms, at the given shares, sorted. */
export function foundAfter(run: Run, lateness: Lateness, shares: readonly number[]): number[] {
  const delays: number[] = [];
  for (let sample = 0; sample < 2000; sample++) {
    const receivedMs = DAY_MS * 0.2 + (sample * DAY_MS * 0.7) / 2000;
    const visibleMs = receivedMs + Math.min(lateness(((sample * 617) % 2000) / 2000), DAY_MS - 1);
    const found = run.readings.find(({ window, atMs }) => atMs >= visibleMs && window.startMs <= receivedMs && receivedMs < window.endMs);
    delays.push(found ? found.atMs - visibleMs : Number.POSITIVE_INFINITY);
  }
  delays.sort((a, b) => a - b);
  return shares.map((share) => delays[Math.min(delays.length - 1, Math.ceil(share * delays.length) - 1)]!);
}
