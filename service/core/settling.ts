/**
 * Settling: which stretches behind the frontier are read again, and when. Pure; docs/settling.md has the sums.
 *
 * A row received at t is due again each time its age reaches the next of a geometric series of ages, up to the horizon. What is
 * due is read in whole pages as soon as some are full; between that, at a steady pace, the stretch that has been due longest is
 * read and the page filled with its neighbours, which costs no further request. So a quiet tenant is re-read as a
 * whole every few minutes, and a loud one as often as its requests allow.
 */
import { rowsPerMs, type Coverage, type Span } from "./coverage.js";
import { lengthMs, type Window } from "./model.js";
import { isSuspect, type Suspect } from "./suspects.js";

export interface SettlingRules {
  readonly intervalMs: number;
  readonly offsetMs: number;
  /** Age up to which a row may still appear or change, ms, counted from its received time: offset + settle_horizon; 0 = no settling. */
  readonly horizonMs: number;
  readonly windowMsMax: number;
  readonly pageRows: number;
}

/** First age beyond the offset at which a stretch is read again, ms; shorter where the horizon is short. */
const FIRST_AGE_MS = 300_000;
const FIRST_AGE_SHARE = 1 / 16;
/** Requests a day that settling a loud tenant may cost at a steady flow; it decides how often each row is read. */
const REQUESTS_PER_DAY = 6500;
/** Steps of the series. Each is a half of the one before, so that ages nest and a change of the flow makes nothing due at once. */
const STEPS = [128, 64, 32, 16, 8] as const;
/** Rows aimed at per window, in whole pages: few enough to lose little by a cut, many enough to waste little of the last page. */
export const PAGES_PER_WINDOW = 4;
/** Pages are filled to this share by estimate, so that they hold when the flow grows a little. */
const PAGE_FILL = 0.9;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Ages, ms, at which a stretch is read again: a geometric series, the last one exactly the horizon. Fewer for a loud tenant. */
export function settleAges(rules: SettlingRules, rowsPerDay: number): number[] {
  const spanMs = rules.horizonMs - rules.offsetMs;
  if (rules.horizonMs === 0 || spanMs <= 0) return [];
  const firstMs = firstAgeMs(rules);
  if (firstMs >= spanMs) return [rules.horizonMs];
  const pagesPerDay = rowsPerDay / rules.pageRows;
  const steps = STEPS.find((count) => count * pagesPerDay <= REQUESTS_PER_DAY) ?? STEPS[4];
  const ratio = (spanMs / firstMs) ** (1 / steps);
  return Array.from({ length: steps + 1 }, (_, at) => rules.offsetMs + Math.round(firstMs * ratio ** at));
}

function firstAgeMs(rules: SettlingRules): number {
  return Math.max(rules.intervalMs, Math.min(FIRST_AGE_MS, (rules.horizonMs - rules.offsetMs) * FIRST_AGE_SHARE));
}

/** Shortest time between two readings that are not full, ms. */
export function settlePauseMs(rules: SettlingRules): number {
  return firstAgeMs(rules) / 2;
}

/** What has been due for longer is read before anything else, ms: else a small stretch would starve beside full pages. */
function overdueMs(rules: SettlingRules): number {
  const pauseMs = settlePauseMs(rules);
  return Math.max(pauseMs, Math.min(12 * pauseMs, (rules.horizonMs - rules.offsetMs) / 16));
}

/** A stretch that is due, and how long its longest waiting row has been due, ms. */
export interface Debt extends Window {
  readonly waitedMs: number;
}

/** Every stretch that is due to be read again, ascending, touching ones joined. */
export function debts(coverage: Coverage, rules: SettlingRules, nowMs: number): Debt[] {
  const ages = settleAges(rules, DAY_MS * (rowsPerMs(coverage, DAY_MS) ?? 0));
  const joined: Debt[] = [];
  for (const span of coverage.spans) {
    if (span.kind !== "read") continue;
    for (const debt of debtsOf(span, span.readMs, ages, nowMs)) {
      const last = joined.at(-1);
      if (last && last.endMs === debt.startMs) joined[joined.length - 1] = { startMs: last.startMs, endMs: debt.endMs, waitedMs: Math.max(last.waitedMs, debt.waitedMs) };
      else joined.push(debt);
    }
  }
  return joined;
}

/** Rows in (readMs - age, readMs - previous age] were last seen younger than `age`; those older than it by now are due. Oldest first. */
function debtsOf(span: Window, readMs: number, ages: readonly number[], nowMs: number): Debt[] {
  const found: Debt[] = [];
  for (let at = ages.length - 1; at >= 0; at--) {
    const age = ages[at]!;
    const startMs = Math.max(span.startMs, readMs - age);
    if (startMs >= span.endMs) break;
    const endMs = Math.min(span.endMs, readMs - (ages[at - 1] ?? Number.NEGATIVE_INFINITY), nowMs - age);
    if (startMs < endMs) found.push({ startMs, endMs, waitedMs: nowMs - startMs - age });
  }
  return found;
}

/** The stretch to settle now, or undefined when nothing is worth a request yet. */
export function nextToSettle(coverage: Coverage, rules: SettlingRules, suspects: readonly Suspect[], nowMs: number): Window | undefined {
  const due = debts(coverage, rules, nowMs);
  if (due.length === 0) return undefined;
  const pageMs = (PAGE_FILL * rules.pageRows) / Math.max(rowsPerMs(coverage, HOUR_MS) ?? 0, 1e-12);
  const windowMs = Math.min(rules.windowMsMax, PAGES_PER_WINDOW * pageMs);
  const oldest = due.reduce((most, debt) => (debt.waitedMs > most.waitedMs ? debt : most));
  const overdue = oldest.waitedMs > overdueMs(rules);
  const windows = (overdue ? [oldest] : due).map(({ startMs, endMs }) => ({ startMs, endMs: Math.min(endMs, startMs + windowMs) }));
  // A suspect stretch is narrowed down at once, however little is due in it.
  const ready = windows.find((window) => lengthMs(window) >= windowMs || isSuspect(window, suspects));
  if (ready) return ready;
  const pausedUntilMs = coverage.settleReadMs > nowMs ? nowMs : coverage.settleReadMs + settlePauseMs(rules);
  if (!overdue && nowMs < pausedUntilMs) return undefined;
  const page = filled(oldest, reachAround(coverage.spans, oldest), Math.min(windowMs, pageMs));
  return isSuspect(page, suspects) ? { startMs: oldest.startMs, endMs: Math.min(oldest.endMs, oldest.startMs + windowMs) } : page;
}

/** A stretch widened to a whole page within its reach: newer neighbours first, they change most. */
function filled(stretch: Window, reach: Window, pageMs: number): Window {
  const endMs = Math.max(stretch.endMs, Math.min(reach.endMs, stretch.startMs + pageMs));
  const startMs = Math.min(stretch.startMs, Math.max(reach.startMs, endMs - pageMs));
  return { startMs, endMs };
}

/** The run of unbroken read spans around a stretch: what one query may join. */
function reachAround(spans: readonly Span[], stretch: Window): Window {
  const at = spans.findIndex((span) => span.startMs <= stretch.startMs && stretch.startMs < span.endMs);
  let first = at;
  let last = at;
  while (spans[first - 1]?.kind === "read" && spans[first - 1]!.endMs === spans[first]!.startMs) first--;
  while (spans[last + 1]?.kind === "read" && spans[last + 1]!.startMs === spans[last]!.endMs) last++;
  return { startMs: spans[first]!.startMs, endMs: spans[last]!.endMs };
}
