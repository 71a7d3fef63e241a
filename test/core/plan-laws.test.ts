import assert from "node:assert/strict";
import fc from "fast-check";
import { settledMs, spansIn, unread } from "../../service/core/coverage.js";
import { lengthMs, overlap, type Window } from "../../service/core/model.js";
import { plan, type Rules } from "../../service/core/plan.js";
import { settlePauseMs } from "../../service/core/settling.js";
import { isSuspect, type Suspect } from "../../service/core/suspects.js";
import { DAY_MS, HOUR_MS, live, MINUTE_MS, START_MS, type Days, type Lived } from "./planned-days.js";

const SECOND_MS = 1000;
const floor = (ms: number) => Math.floor(ms / SECOND_MS) * SECOND_MS;
/** In a suspect stretch or touching one. */
const isNear = ({ startMs, endMs }: Window, suspects: readonly Suspect[]) => isSuspect({ startMs: startMs - 1, endMs: endMs + 1 }, suspects);
/** How long after its time the last reading of a stretch may come. */
const slackMs = (rules: Rules) => rules.offsetMs + 2 * rules.intervalMs + 2 * settlePauseMs(rules) + 30 * MINUTE_MS;
const ceil = (ms: number) => Math.ceil(ms / SECOND_MS) * SECOND_MS;

const rules: fc.Arbitrary<Rules> = fc.record({
  intervalMs: fc.constantFrom(30_000, 5 * MINUTE_MS, 5 * MINUTE_MS, HOUR_MS),
  offsetMs: fc.constantFrom(0, 0, 30_000, HOUR_MS),
  horizonMs: fc.constantFrom(0, 30 * MINUTE_MS, 3 * HOUR_MS),
  historyMs: fc.constantFrom(12 * HOUR_MS, 10 * DAY_MS),
  windowMsMax: fc.constantFrom(10 * MINUTE_MS, 5 * HOUR_MS, 10 * DAY_MS),
  pageRows: fc.constantFrom(2000, 5000),
  catchUp: fc.constantFrom("oldest" as const, "newest" as const),
}).map((found) => (found.horizonMs > 0 ? { ...found, horizonMs: found.horizonMs + found.offsetMs } : found));
const event = (kind: "down" | "back", msMax: number) => fc.record({ kind: fc.constant(kind), atMs: fc.integer({ min: HOUR_MS, max: 3 * HOUR_MS }), ms: fc.integer({ min: 1, max: msMax }) });
/** Stretches of some minutes or of everything, before the start and after it. */
const suspect = fc
  .record({ fromMs: fc.integer({ min: -20 * HOUR_MS, max: 5 * HOUR_MS }), lengthMs: fc.constantFrom(2000, 10 * MINUTE_MS, 4 * HOUR_MS, 100 * HOUR_MS), capMs: fc.constantFrom(1000, 1500, 7000, 60_000) })
  .map(({ fromMs, lengthMs, capMs }) => ({ startMs: floor(START_MS + fromMs), endMs: floor(START_MS + fromMs) + lengthMs, capMs }));
/** Downtimes and clock jumps in the first hours, then calm; suspect stretches for a while, as after paging faults. */
const eventful = fc
  .record({ rules, backMs: fc.constantFrom(0, 5 * MINUTE_MS, 20 * HOUR_MS), rowsPerDay: fc.constantFrom(0, 10_000, 1_000_000, 5_000_000), down: fc.option(event("down", 20 * HOUR_MS), { freq: 2 }), back: fc.option(event("back", 2 * HOUR_MS), { freq: 2 }), found: fc.array(suspect, { maxLength: 3 }) })
  .map(({ rules, backMs, rowsPerDay, down, back, found }): Days => {
    const events = [down, back].flatMap((one) => one ?? []).toSorted((a, b) => a.atMs - b.atMs);
    const suspects = (call: number) => (call % 200 < 20 ? found : []);
    return { rules, backMs, rowsPerDay, events, suspects, lastMs: (down?.ms ?? 0) + 9 * HOUR_MS };
  });

describe("core: plan laws", function () {
  this.timeout(120_000);
  const seed = Math.floor(Math.random() * 2 ** 31);
  let lives: { days: Days; lived: Lived }[] = [];
  before(() => {
    lives = fc.sample(eventful, { numRuns: 40, seed }).map((days) => ({ days, lived: live(days) }));
  });

  function law(check: (days: Days, lived: Lived) => void): void {
    for (const [at, { days, lived }] of lives.entries()) {
      try {
        check(days, lived);
      } catch (thrown) {
        throw new Error(`seed ${seed}, case ${at}: ${(thrown as Error).message} in ${JSON.stringify(days)}`, { cause: thrown });
      }
    }
  }

  it("windows are whole seconds, never longer than the API allows, never newer than now less the offset, never older than the history", () => {
    law(({ rules }, { taken }) => {
      for (const { step, atMs } of taken) {
        if (step.kind !== "read") continue;
        const { startMs, endMs } = step.window;
        assert.ok(startMs % SECOND_MS === 0 && endMs % SECOND_MS === 0 && startMs < endMs, `${startMs} to ${endMs}`);
        assert.ok(lengthMs(step.window) <= rules.windowMsMax, `${lengthMs(step.window)} ms (${step.why})`);
        assert.ok(endMs <= atMs - rules.offsetMs, "newer than the head");
        assert.ok(startMs >= floor(atMs - rules.historyMs), "older than the history");
      }
    });
  });

  it("a window lies in a suspect stretch, and is no longer than its cap, or outside", () => {
    law((_days, { taken }) => {
      for (const { step, hints } of taken) {
        if (step.kind !== "read") continue;
        for (const suspect of hints.suspects) {
          const inside = overlap(step.window, suspect);
          if (!inside) continue;
          assert.deepEqual(inside, step.window, `over the edge of ${JSON.stringify(suspect)} (${step.why})`);
          assert.ok(lengthMs(inside) <= Math.max(SECOND_MS, suspect.capMs), `${lengthMs(inside)} ms with a cap of ${suspect.capMs} (${step.why})`);
        }
      }
    });
  });

  it("what is suspect changes nothing elsewhere", () => {
    law(({ rules }, { taken }) => {
      for (const { step, atMs, before, hints } of taken) {
        if (hints.suspects.length === 0 || step.kind !== "read" || isNear(step.window, hints.suspects)) continue;
        const free = plan(before, rules, { ...hints, suspects: [] }, atMs);
        if (free.kind === "read" && free.why === step.why && !isNear(free.window, hints.suspects)) assert.deepEqual(step.window, free.window);
      }
    });
  });

  it("a gap is exactly what is older than the API's history and was never read, or read and not settled", () => {
    law(({ rules }, { taken, coverage }) => {
      for (const { step, atMs, before } of taken) {
        if (step.kind !== "gap") continue;
        assert.ok(step.lost.endMs <= floor(atMs - rules.historyMs), "still readable");
        assert.ok(spansIn(before, step.lost).every((span) => span.kind === "stuck" || (span.kind === "read" && span.readMs - rules.horizonMs < span.endMs)), "was settled");
      }
      assert.ok(coverage.spans.every((span) => span.kind !== "gap" || span.reason === "history"));
    });
  });

  it("in the end every second is read or a gap, up to the last polls", () => {
    law(({ rules }, { coverage, endMs, longestTurnMs }) => {
      const head = floor(endMs - rules.offsetMs - 2 * rules.intervalMs - longestTurnMs - 15 * MINUTE_MS);
      assert.deepEqual(unread(coverage, { startMs: coverage.originMs, endMs: Math.max(head, coverage.originMs) }), []);
    });
  });

  it("every second is read at growing ages, the last time at or beyond the horizon, and never after that", () => {
    let calm = 0;
    law(({ rules, events }, { taken, coverage, endMs }) => {
      // A downtime or a clock that jumps may leave gaps, and ages that no clock agrees on.
      if (events && events.length > 0) return;
      calm += 1;
      const from = Math.max(coverage.originMs, ceil(START_MS));
      const until = endMs - rules.horizonMs - slackMs(rules);
      for (let at = from; at < until; at += floor(Math.max(SECOND_MS, (until - from) / 23))) {
        const readings = taken.filter(({ step }) => step.kind === "read" && step.window.startMs <= at && at < step.window.endMs);
        assert.ok(readings.length > 0, "never read");
        const last = readings.at(-1)!;
        assert.ok(last.atMs - at >= rules.horizonMs, `last read at the age ${last.atMs - at}`);
        for (const { atMs, before } of readings) {
          const [span] = spansIn(before, { startMs: at, endMs: at + SECOND_MS });
          // The second at the settled edge may be touched once more by rounding outward.
          const settled = span?.kind === "settled" && spansIn(before, { startMs: at + SECOND_MS, endMs: at + 2 * SECOND_MS })[0]?.kind === "settled";
          assert.ok(!settled, `read at the age ${atMs - at} though settled`);
        }
      }
    });
    assert.ok(calm > 0, "no case was calm");
  });

  it("settling keeps up: what passed the horizon is settled soon after", () => {
    law(({ rules }, { coverage, endMs }) => {
      assert.ok(settledMs(coverage) >= Math.min(endMs - rules.horizonMs - slackMs(rules), endMs), `settled is ${(endMs - settledMs(coverage)) / MINUTE_MS} minutes back`);
    });
  });

  it("live work waits for nothing: a poll is never later than the interval and one turn, whatever there is to catch up", () => {
    law(({ rules, events = [] }, { taken, longestTurnMs }) => {
      // After a jump back there is no new second until the offset has passed.
      if (rules.offsetMs > 0 && events.some(({ kind }) => kind === "back")) return;
      let polledMs: number | undefined;
      for (const { step, atMs } of taken) {
        // The clock ran back, or the process was down in between.
        if (polledMs !== undefined && (atMs < polledMs || events.some((event) => event.kind === "down" && atMs - polledMs! >= event.ms))) polledMs = undefined;
        if (polledMs !== undefined) assert.ok(atMs - polledMs <= rules.intervalMs + longestTurnMs + 2 * SECOND_MS, `${atMs - polledMs} ms since the last poll`);
        if (step.kind === "read" && step.why === "new") polledMs = atMs;
      }
    });
  });

  it("after the clock was put back, polling goes on at once", () => {
    let jumps = 0;
    law(({ rules, backMs }, { taken, longestTurnMs }) => {
      const at = taken.findIndex(({ atMs }, index) => index > 0 && atMs < taken[index - 1]!.atMs);
      if (at < 0 || backMs < 4 * HOUR_MS) return;
      jumps += 1;
      const after = taken.slice(at).find(({ step }) => step.kind === "read" && step.why === "new");
      assert.ok(after && after.atMs - taken[at]!.atMs <= rules.offsetMs + rules.intervalMs + longestTurnMs + 2 * SECOND_MS, "no poll");
    });
    assert.ok(jumps > 0, "no case had a jump");
  });

  it("is no busy loop: waits are few, whatever the rules", () => {
    law(({ rules, lastMs }, { taken }) => {
      const waits = taken.filter(({ step }) => step.kind === "wait").length;
      const hours = (lastMs + 5 * HOUR_MS) / HOUR_MS;
      const perHour = 60 + (2 * HOUR_MS) / rules.intervalMs + (rules.horizonMs > 0 ? HOUR_MS / settlePauseMs(rules) : 0);
      assert.ok(waits <= hours * perHour + 20, `${waits / hours} waits an hour`);
    });
  });
});
