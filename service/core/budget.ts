/**
 * The tenant's request budget: so many requests in any running interval, everybody together, a part left to the
 * tenant's own administrators. Pure; the record of requests is kept in the store so that a restart does not forget it.
 */
import type { ApiLimits, Purpose } from "./model.js";

export interface BudgetRules {
  readonly quota: ApiLimits["quota"];
  /** Share of the quota that stays free, 0 to 0.9. */
  readonly reserve: number;
}
export interface BudgetRecord {
  readonly timesMs: readonly number[];
  readonly pausedUntilMs: number;
}

/** Requests are granted in this order; each later purpose leaves a little for the earlier ones. */
export const PURPOSES: readonly Purpose[] = ["new", "catch-up", "settle", "backfill"];
const SHARE_OF_USABLE: Readonly<Record<Purpose, number>> = { new: 1, "catch-up": 0.95, settle: 0.9, backfill: 0.75 };
/** Our clock and Microsoft's count the running interval a little differently: it is kept this much longer. */
const MARGIN_MS = 1000;

/** How many requests of a purpose may lie in one running interval; at least one. Infinity without a quota. */
export function allowance(rules: BudgetRules, purpose: Purpose): number {
  if (!rules.quota) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor(rules.quota.requests * (1 - rules.reserve) * SHARE_OF_USABLE[purpose]));
}

/**
 * The earliest instant, ms, at which one more request of this purpose may be sent; not before now. Times after now count as now:
 * they, or now itself, are of a clock that is wrong.
 */
export function grantAtMs(record: BudgetRecord, rules: BudgetRules, purpose: Purpose, nowMs: number): number {
  const resumeMs = Math.max(nowMs, record.pausedUntilMs);
  if (!rules.quota) return resumeMs;
  const allowed = allowance(rules, purpose);
  const spent = record.timesMs.map((time) => Math.min(time, nowMs)).filter((time) => time > nowMs - rules.quota!.perMs - MARGIN_MS).toSorted((a, b) => a - b);
  if (spent.length < allowed) return resumeMs;
  return Math.max(resumeMs, spent[spent.length - allowed]! + rules.quota.perMs + MARGIN_MS);
}

/** Times after now, and since when they were seen. */
export interface Ahead {
  readonly record: BudgetRecord;
  /** Undefined when there are none. */
  readonly sinceMs: number | undefined;
}

/**
 * The record without times that have lain after now for a whole interval: they were written with a wrong clock, and nobody waits
 * until it is that late. Before that they stay as they are: if it is now that is wrong, the next answer sets it right, and they count as ever.
 */
export function withoutAhead({ record, sinceMs }: Ahead, rules: BudgetRules, nowMs: number): Ahead {
  if (!rules.quota || record.timesMs.every((time) => time <= nowMs)) return { record, sinceMs: undefined };
  const seenMs = sinceMs === undefined ? nowMs : Math.min(sinceMs, nowMs);
  if (nowMs - seenMs < rules.quota.perMs + MARGIN_MS) return { record, sinceMs: seenMs };
  return { record: { ...record, timesMs: record.timesMs.filter((time) => time <= nowMs) }, sinceMs: undefined };
}

/**
 * The record with one more request at `nowMs`. As many times are kept as the quota has requests, however old they look: with a
 * clock that was put forward for a while they look too old, and would be missed when it is right again.
 */
export function spend(record: BudgetRecord, rules: BudgetRules, nowMs: number): BudgetRecord {
  if (!rules.quota) return record;
  return { ...record, timesMs: [...record.timesMs, nowMs].slice(-rules.quota.requests) };
}

/** The record after the tenant was told to wait: the longer wait counts. */
export function pause(record: BudgetRecord, untilMs: number): BudgetRecord {
  return { ...record, pausedUntilMs: Math.max(record.pausedUntilMs, untilMs) };
}
