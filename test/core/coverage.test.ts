import assert from "node:assert/strict";
import fc from "fast-check";
import { cover, cursorMs, emptyCoverage, erase, frontierMs, markGap, markStuck, missing, rowsPerMs, settledMs, spansIn, tidy, unread, without, type Coverage } from "../../service/core/coverage.js";
import type { Window } from "../../service/core/model.js";
import { NaiveTimeline, ordered, secondsOf } from "./naive-timeline.js";

const LENGTH = 60;
const S = 1000;
const at = (from: number, to: number): Window => ({ startMs: from * S, endMs: to * S });

const windows = fc.tuple(fc.nat(LENGTH - 1), fc.integer({ min: 1, max: 20 })).map(([start, length]) => at(start, Math.min(LENGTH, start + length)));
const changes = fc.array(fc.record({ kind: fc.constantFrom("cover", "erase", "markGap", "markStuck"), window: windows, rows: fc.nat(1000) }), { maxLength: 25 });
type Change = { kind: string; window: Window; rows: number };

function apply(coverage: Coverage, change: Change, readMs: number): Coverage {
  if (change.kind === "cover") return cover(coverage, change.window, readMs, change.rows);
  if (change.kind === "erase") return erase(coverage, change.window);
  if (change.kind === "markGap") return markGap(coverage, change.window, "given-up", readMs);
  return markStuck(coverage, change.window, readMs + 5 * S, "bad-link");
}
function played(all: readonly Change[], originSecond = 0): { coverage: Coverage; naive: NaiveTimeline } {
  const naive = new NaiveTimeline(LENGTH);
  let coverage = emptyCoverage(originSecond * S);
  for (const [step, change] of all.entries()) {
    coverage = apply(coverage, change, (LENGTH + step) * S);
    naive[change.kind as "cover"](change.window);
  }
  return { coverage, naive };
}

describe("core: coverage laws", () => {
  it("agrees with a timeline kept second by second, whatever happens to it", () => {
    fc.assert(
      fc.property(changes, windows, (all, window) => {
        const { coverage, naive } = played(all);
        ordered(coverage);
        assert.ok(coverage.spans.every((span) => span.startMs % S === 0 && span.endMs % S === 0), "spans lie on whole seconds");
        assert.deepEqual(secondsOf(coverage.spans, LENGTH), naive.seconds);
        const inWindow = (from: readonly Window[], second: number) => from.some((part) => part.startMs <= second * S && second * S < part.endMs);
        const open = unread(coverage, window);
        const lacking = missing(coverage, window);
        for (let second = 0; second < LENGTH; second++) {
          const inside = inWindow([window], second);
          assert.equal(inWindow(open, second), inside && naive.seconds[second] === "unread");
          assert.equal(inWindow(lacking, second), inside && ["unread", "stuck"].includes(naive.seconds[second]!));
        }
        assert.deepEqual(secondsOf(spansIn(coverage, window), LENGTH), naive.seconds.map((word, second) => (inWindow([window], second) ? word : "unread")));
      }),
      { numRuns: 500 },
    );
  });

  it("the cursor is the first second that is unread or stuck; before it everything was read or is a recorded gap", () => {
    fc.assert(
      fc.property(changes, fc.nat(LENGTH - 1), (all, origin) => {
        const { coverage, naive } = played(all, origin);
        assert.equal(cursorMs(coverage) / S, naive.cursor(origin, frontierMs(coverage) / S));
        assert.ok(settledMs(coverage) <= Math.max(cursorMs(coverage), origin * S), "settled never runs ahead of the cursor");
      }),
      { numRuns: 500 },
    );
  });

  it("tidying changes no promise: what was read stays read, what was not stays open", () => {
    fc.assert(
      fc.property(changes, fc.integer({ min: 0, max: 40 }), (all, horizon) => {
        const { coverage } = played(all);
        const nowMs = (LENGTH + 30) * S;
        const tidied = tidy(coverage, horizon * S, nowMs);
        ordered(tidied);
        const plain = (word: string) => (word === "settled" ? "read" : word);
        assert.deepEqual(secondsOf(tidied.spans, LENGTH).map(plain), secondsOf(coverage.spans, LENGTH).map(plain));
        assert.equal(cursorMs(tidied), cursorMs(coverage));
        assert.deepEqual(tidy(tidied, horizon * S, nowMs), tidied, "tidying twice is tidying once");
        for (let second = 0; second < LENGTH; second++) {
          const before = coverage.spans.find((span) => span.startMs <= second * S && second * S < span.endMs);
          const after = tidied.spans.find((span) => span.startMs <= second * S && second * S < span.endMs);
          if (before?.kind === "read") assert.equal(after?.kind, second * S < before.readMs - horizon * S ? "settled" : "read", `second ${second}`);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("rows are shared out by length and none is made up", () => {
    fc.assert(
      fc.property(windows, windows, fc.nat(100_000), (whole, part, rows) => {
        const cut = erase(cover(emptyCoverage(0), whole, 99 * S, rows), part);
        const sum = cut.spans.reduce((total, span) => total + (span.kind === "read" ? span.rows : 0), 0);
        const left = cut.spans.reduce((total, span) => total + span.endMs - span.startMs, 0) / (whole.endMs - whole.startMs);
        assert.ok(Math.abs(sum - rows * left) <= 1, `${sum} of ${rows}`);
      }),
    );
  });

  it("without() leaves exactly what the others do not touch", () => {
    fc.assert(
      fc.property(fc.array(windows, { maxLength: 6 }), windows, (others, window) => {
        const left = without([window], others);
        const touches = (all: readonly Window[], ms: number) => all.some((one) => one.startMs <= ms && ms < one.endMs);
        for (let ms = 0; ms < LENGTH * S; ms += S) assert.equal(touches(left, ms), touches([window], ms) && !touches(others, ms));
      }),
    );
  });
});

describe("core: coverage", () => {
  const read = (window: Window, readMs: number, coverage = emptyCoverage(0)) => cover(coverage, window, readMs, 10);

  it("takes back what ends after now: the clock was put back", () => {
    const ahead = read(at(0, 50), 50 * S);
    const back = tidy(ahead, 1000 * S, 30 * S + 1);
    assert.deepEqual(back.spans, [{ kind: "read", ...at(0, 31), readMs: 30 * S + 1, rows: 6 }]);
    assert.equal(cursorMs(back), 31 * S);
  });

  it("joins pieces of one reading, but keeps readings at different times apart", () => {
    const pieces = read(at(10, 20), 70 * S, read(at(0, 10), 70 * S));
    assert.deepEqual(tidy(pieces, 1000 * S, 80 * S).spans, [{ kind: "read", ...at(0, 20), readMs: 70 * S, rows: 20 }]);
    const apart = read(at(10, 20), 71 * S, read(at(0, 10), 70 * S));
    assert.equal(tidy(apart, 1000 * S, 80 * S).spans.length, 2);
  });

  it("counts the tries of a stuck piece, and forgets them once it was read", () => {
    const tries = (coverage: Coverage) => coverage.spans.flatMap((span) => (span.kind === "stuck" ? [span.tries] : []));
    let coverage = markStuck(emptyCoverage(0), at(3, 4), 90 * S, "bad-link: x");
    assert.deepEqual(tries(coverage), [1]);
    coverage = markStuck(coverage, at(3, 4), 95 * S, "bad-link: x");
    assert.deepEqual(tries(coverage), [2]);
    assert.deepEqual(tries(markStuck(read(at(0, 9), 96 * S, coverage), at(3, 4), 99 * S, "bad-link: x")), [1]);
  });

  it("a backfill is over when it lacks nothing, gaps included", () => {
    const backfill = { ...at(5, 15), id: "1", createdMs: 0, again: false };
    const running = { ...read(at(5, 12), 70 * S), backfills: [backfill] };
    assert.equal(tidy(running, 0, 80 * S).backfills.length, 1);
    assert.equal(tidy(markGap(running, at(12, 15), "history", 80 * S), 0, 80 * S).backfills.length, 0);
    assert.equal(tidy(markStuck(running, at(12, 15), 90 * S, "bad-link"), 0, 80 * S).backfills.length, 1);
  });

  it("the cursor passes what a backfill reads again, but not what was open when it was asked for, nor any other backfill's holes", () => {
    const known = read(at(20, 40), 70 * S, read(at(0, 10), 70 * S));
    assert.equal(cursorMs(known), 10 * S);
    const backfill = { ...at(0, 30), id: "1", createdMs: 0 };
    const plainly = { ...known, backfills: [{ ...backfill, again: false }] };
    assert.equal(cursorMs(plainly), 10 * S, "a backfill that reads what lacks does not move the cursor");
    const erased = erase(known, at(0, 30));
    const again = { ...erased, backfills: [{ ...backfill, again: true, open: missing(known, at(0, 30)) }] };
    assert.equal(cursorMs(again), 10 * S);
    assert.equal(cursorMs(read(at(10, 20), 71 * S, again)), 40 * S);
  });

  it("measures the density over the newest stretches that were read, gaps left out", () => {
    assert.equal(rowsPerMs(emptyCoverage(0), 1000), undefined);
    const coverage = cover(markGap(cover(emptyCoverage(0), at(0, 10), 70 * S, 10_000), at(10, 20), "history", 0), at(20, 30), 70 * S, 20);
    assert.equal(rowsPerMs(coverage, 5 * S), 20 / (10 * S));
    assert.equal(rowsPerMs(coverage, 20 * S), 10_020 / (20 * S));
  });
});
