import { cover, emptyCoverage, markGap, tidy, type Coverage } from "../../service/core/coverage.js";
import { lengthMs, type Purpose, type Window } from "../../service/core/model.js";
import { plan, type Hints, type Rules, type Step } from "../../service/core/plan.js";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
/** Not on a whole second, so that rounding is seen. */
export const START_MS = 1_700_000_000_437;

export const RULES: Rules = { intervalMs: 5 * MINUTE_MS, offsetMs: 0, horizonMs: 6 * HOUR_MS, historyMs: 10 * DAY_MS, windowMsMax: DAY_MS, pageRows: 5000, catchUp: "oldest" };

export interface Days {
  readonly rules: Rules;
  /** Origin lies this far before the start. */
  readonly backMs: number;
  readonly lastMs: number;
  readonly rowsPerDay: number;
  /** The process is down, or the clock jumps back: from `atMs` after the start, by `ms`. */
  readonly events?: readonly { readonly kind: "down" | "back"; readonly atMs: number; readonly ms: number }[];
  /** Suspect stretches of the n-th plan, as after paging faults. */
  readonly suspects?: (call: number) => Hints["suspects"];
  /** Backfills to begin with. */
  readonly backfills?: Coverage["backfills"];
  readonly pageTakesMs?: number;
}
export interface Taken {
  readonly step: Step;
  readonly atMs: number;
  readonly before: Coverage;
  readonly hints: Hints;
}
export interface Lived {
  readonly taken: readonly Taken[];
  readonly coverage: Coverage;
  readonly endMs: number;
  readonly longestTurnMs: number;
}

/** Lives through days with the real `plan`, as the worker does, each reading a success. */
export function live(days: Days): Lived {
  const { rules, rowsPerDay, pageTakesMs = 2000 } = days;
  const taken: Taken[] = [];
  const events = [...(days.events ?? [])];
  let coverage: Coverage = { ...emptyCoverage(Math.floor((START_MS - days.backMs) / 1000) * 1000), backfills: days.backfills ?? [] };
  let nowMs = START_MS;
  let longestTurnMs = 0;
  let lastBeside: Purpose | undefined;
  while (nowMs < START_MS + days.lastMs) {
    const event = events[0] && nowMs >= START_MS + events[0].atMs ? events.shift() : undefined;
    // The process starts again, or goes on with a clock that was put back.
    if (event?.kind === "down") coverage = tidy(coverage, rules.horizonMs, nowMs + event.ms);
    if (event) nowMs += event.kind === "down" ? event.ms : -event.ms;
    const hints: Hints = { suspects: days.suspects?.(taken.length) ?? [], ...(lastBeside ? { lastBeside } : {}) };
    const step = plan(coverage, rules, hints, nowMs);
    taken.push({ step, atMs: nowMs, before: coverage, hints });
    if (taken.length > 400_000) throw new Error("a busy loop");
    if (step.kind === "wait") {
      if (step.untilMs <= nowMs) throw new Error("a wait into the past");
      nowMs = step.untilMs;
    } else if (step.kind === "gap") {
      coverage = tidy(markGap(coverage, step.lost, "history", nowMs), rules.horizonMs, nowMs);
    } else {
      const rows = Math.round((lengthMs(step.window) * rowsPerDay) / DAY_MS);
      coverage = afterReading(coverage, step.window, step.why, rows, nowMs, rules);
      if (step.why !== "new") lastBeside = step.why;
      const tookMs = Math.max(1, Math.ceil(rows / rules.pageRows)) * pageTakesMs;
      longestTurnMs = Math.max(longestTurnMs, tookMs);
      nowMs += tookMs;
    }
  }
  return { taken, coverage, endMs: nowMs, longestTurnMs };
}

/** As turn.ts closes a window. */
function afterReading(coverage: Coverage, window: Window, why: Purpose, rows: number, nowMs: number, rules: Rules): Coverage {
  const covered = cover(coverage, window, nowMs, rows);
  const noted = why === "new" ? { ...covered, polledMs: nowMs } : why === "settle" ? { ...covered, settleReadMs: nowMs } : covered;
  return tidy(noted, rules.horizonMs, nowMs);
}
