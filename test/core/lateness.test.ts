import assert from "node:assert/strict";
import { judgeLateness, lateByMs, PUNCTUAL, type Punctuality } from "../../service/core/lateness.js";

const MINUTE_MS = 60_000;
const NOW_MS = Date.UTC(2026, 10, 1, 12);
const source = (lateMinutes: number, changes: Partial<Punctuality> = {}): Punctuality => ({
  frontierMs: NOW_MS - lateMinutes * MINUTE_MS, createdMs: 0, pollingIntervalMs: 5 * MINUTE_MS, timeOffsetMs: 0, ...changes,
});

/** Minutes, counted from now, at which somebody is told when a source is looked at every minute and never delivers again. */
function toldAt(minutes: number, changes: Partial<Punctuality> = {}): number[] {
  const told: number[] = [];
  let seen = PUNCTUAL;
  for (let minute = 0; minute <= minutes; minute++) {
    const { after, tell } = judgeLateness(seen, source(0, changes), NOW_MS + minute * MINUTE_MS);
    seen = after;
    if (tell) told.push(minute);
  }
  return told;
}

describe("lateness", () => {
  it("is told after a quarter of an hour, at the second look, and then every five minutes", () => {
    assert.deepEqual(toldAt(32), [17, 22, 27, 32]);
  });

  it("of a source that polls rarely is told after three intervals", () => {
    assert.deepEqual(toldAt(190, { pollingIntervalMs: 60 * MINUTE_MS }), [182, 187]);
  });

  it("does not count what the definition wants: the time offset", () => {
    assert.equal(lateByMs(source(70, { timeOffsetMs: 60 * MINUTE_MS }), NOW_MS), 10 * MINUTE_MS);
    assert.equal(lateByMs(source(-5), NOW_MS), 0);
  });

  it("of a new source begins with its creation, however far back it is to read", () => {
    assert.equal(lateByMs(source(24 * 60, { createdMs: NOW_MS - MINUTE_MS }), NOW_MS), MINUTE_MS);
  });

  it("is over with one look, and begins anew with two", () => {
    const late = judgeLateness(PUNCTUAL, source(60), NOW_MS);
    assert.deepEqual(late, { after: { wasLate: true }, tell: false });
    assert.deepEqual(judgeLateness(late.after, source(1), NOW_MS), { after: PUNCTUAL, tell: false });
    assert.equal(judgeLateness(late.after, source(60), NOW_MS).tell, true);
  });

  it("goes on being told when the clock was put back", () => {
    const before = { wasLate: true, toldMs: NOW_MS + 60 * MINUTE_MS };
    assert.deepEqual(judgeLateness(before, source(60), NOW_MS), { after: { wasLate: true, toldMs: NOW_MS }, tell: true });
  });
});
