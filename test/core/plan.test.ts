import assert from "node:assert/strict";
import { cover, emptyCoverage, erase, markGap, markStuck, missing, tidy, type Coverage } from "../../service/core/coverage.js";
import { plan, type Hints, type Rules } from "../../service/core/plan.js";
import { HOUR_MS, live, MINUTE_MS, RULES, START_MS } from "./planned-days.js";

const S = 1000;
const NOW_MS = 1_700_000_000_000;
const FREE: Hints = { suspects: [] };
const ago = (fromMs: number, toMs: number) => ({ startMs: NOW_MS - fromMs, endMs: NOW_MS - toMs });
/** Polled a moment ago: nothing live is due. */
const polled = (coverage: Coverage): Coverage => ({ ...coverage, polledMs: NOW_MS - S, settleReadMs: NOW_MS - S });
const rules = (change: Partial<Rules> = {}): Rules => ({ ...RULES, ...change });

describe("core: plan", () => {
  it("polls new rows first; what lies further back is caught up beside it, oldest or newest first", () => {
    const fresh = emptyCoverage(NOW_MS - 5 * HOUR_MS);
    assert.deepEqual(plan(fresh, rules(), FREE, NOW_MS), { kind: "read", window: ago(10 * MINUTE_MS, 0), why: "new" });
    const started = polled(cover(fresh, ago(10 * MINUTE_MS, 0), NOW_MS, 10_000));
    const chunk = (4 * 5000 * 10 * MINUTE_MS) / 10_000;
    assert.deepEqual(plan(started, rules(), FREE, NOW_MS), { kind: "read", window: { startMs: NOW_MS - 5 * HOUR_MS, endMs: NOW_MS - 5 * HOUR_MS + chunk }, why: "catch-up" });
    assert.deepEqual(plan(started, rules({ catchUp: "newest" }), FREE, NOW_MS), { kind: "read", window: ago(10 * MINUTE_MS + chunk, 10 * MINUTE_MS), why: "catch-up" });
  });

  it("catching up and settling take turns; a backfill waits for both", () => {
    const days = live({ rules: rules(), backMs: 30 * HOUR_MS, rowsPerDay: 1_000_000, lastMs: 3 * HOUR_MS, backfills: [{ startMs: Math.floor((START_MS - 60 * HOUR_MS) / S) * S, endMs: Math.floor((START_MS - 40 * HOUR_MS) / S) * S, id: "1", createdMs: START_MS, again: false }] });
    const reads = days.taken.flatMap(({ step }) => (step.kind === "read" ? [step.why] : []));
    assert.ok(reads.lastIndexOf("catch-up") < reads.indexOf("backfill"), "a backfill began before everything was caught up");
    assert.deepEqual(days.coverage.backfills, [], "the backfill came to its end");
    const beside = reads.slice(0, reads.lastIndexOf("catch-up")).filter((why) => why !== "new");
    const settled = beside.filter((why) => why === "settle").length;
    assert.ok(settled > 0, "settling starved beside catching up");
  });

  it("backfills newest first, before the origin, without touching the origin", () => {
    const origin = NOW_MS - HOUR_MS;
    const backfill = { ...ago(9 * HOUR_MS, 5 * HOUR_MS), id: "1", createdMs: 0, again: false };
    const coverage = { ...polled(cover(emptyCoverage(origin), ago(HOUR_MS, 0), NOW_MS, 1_000_000)), backfills: [backfill] };
    const chunk = Math.floor((4 * 5000 * HOUR_MS) / 1_000_000 / S) * S;
    assert.deepEqual(plan(coverage, rules(), FREE, NOW_MS), { kind: "read", window: ago(5 * HOUR_MS + chunk, 5 * HOUR_MS), why: "backfill" });
  });

  it("what a backfill reads again is its own work; what was never read is caught up as ever", () => {
    const known = cover(cover(emptyCoverage(NOW_MS - 10 * HOUR_MS), ago(10 * HOUR_MS, 8 * HOUR_MS), NOW_MS, 100), ago(2 * HOUR_MS, 0), NOW_MS, 100);
    const window = ago(9 * HOUR_MS, 4 * HOUR_MS);
    const again = { ...erase(polled(known), window), backfills: [{ ...window, id: "1", createdMs: 0, again: true, open: missing(known, window) }] };
    assert.deepEqual(plan(again, rules(), FREE, NOW_MS), { kind: "read", window: ago(8 * HOUR_MS, 2 * HOUR_MS), why: "catch-up" });
    const caughtUp = cover(again, ago(8 * HOUR_MS, 2 * HOUR_MS), NOW_MS, 300);
    assert.deepEqual(plan(caughtUp, rules(), FREE, NOW_MS), { kind: "read", window: ago(9 * HOUR_MS, 8 * HOUR_MS), why: "backfill" });
  });

  it("tries a stuck piece again when its time has come, and calls it a gap once the API has forgotten it", () => {
    const read = polled(cover(emptyCoverage(NOW_MS - 2 * HOUR_MS), ago(2 * HOUR_MS, 0), NOW_MS, 0));
    const piece = ago(HOUR_MS, HOUR_MS - S);
    const waiting = markStuck(read, piece, NOW_MS + MINUTE_MS, "bad-link");
    assert.equal(plan(waiting, rules(), FREE, NOW_MS).kind, "wait");
    assert.deepEqual(plan(markStuck(read, piece, NOW_MS, "bad-link"), rules(), FREE, NOW_MS), { kind: "read", window: piece, why: "catch-up" });
    assert.deepEqual(plan(tidy(waiting, 0, NOW_MS), rules({ historyMs: 30 * MINUTE_MS }), FREE, NOW_MS), { kind: "gap", lost: piece });
  });

  it("a cut holds for settling as well: else a poisoned second could never be set aside", () => {
    // What is left to settle begins in the middle of a second: exactly the horizon before the last reading.
    const oddMs = NOW_MS - HOUR_MS / 2 + 437;
    const due = tidy(cover(emptyCoverage(NOW_MS - 2 * HOUR_MS), ago(2 * HOUR_MS, 0), oddMs, 100_000), HOUR_MS, NOW_MS);
    const step = plan({ ...due, polledMs: NOW_MS - S }, rules({ horizonMs: HOUR_MS }), { suspects: [{ ...ago(3 * HOUR_MS, 0), capMs: S }] }, NOW_MS);
    assert.ok(step.kind === "read" && step.why === "settle");
    assert.equal(step.window.endMs - step.window.startMs, S);
    assert.equal(step.window.startMs % S, 0);
  });

  it("does not read again what the API has forgotten: what was not settled by then is a gap, not settled in silence", () => {
    const due = { ...cover(emptyCoverage(NOW_MS - 2 * HOUR_MS), ago(2 * HOUR_MS, 0), NOW_MS - HOUR_MS, 100_000), polledMs: NOW_MS - S };
    const old = rules({ historyMs: 90 * MINUTE_MS });
    const step = plan(due, old, FREE, NOW_MS);
    assert.deepEqual(step, { kind: "gap", lost: ago(2 * HOUR_MS, 90 * MINUTE_MS) });
    const noted = tidy(markGap(due, ago(2 * HOUR_MS, 90 * MINUTE_MS), "history", NOW_MS), old.horizonMs, NOW_MS);
    assert.deepEqual(noted.spans.map(({ kind }) => kind), ["gap", "read"]);
    const next = plan(noted, old, FREE, NOW_MS);
    assert.ok(next.kind === "read" && next.window.startMs >= NOW_MS - 90 * MINUTE_MS, "read beyond the history");
  });

  it("sleeps until there is a new second where the offset was made longer, not in a busy loop", () => {
    const coverage = { ...cover(emptyCoverage(NOW_MS - 2 * HOUR_MS), ago(2 * HOUR_MS, 0), NOW_MS, 0), polledMs: NOW_MS - HOUR_MS };
    assert.deepEqual(plan(coverage, rules({ offsetMs: HOUR_MS, horizonMs: 0 }), FREE, NOW_MS), { kind: "wait", untilMs: NOW_MS + MINUTE_MS });
    assert.deepEqual(plan(coverage, rules({ offsetMs: 20 * S, horizonMs: 0 }), FREE, NOW_MS), { kind: "wait", untilMs: NOW_MS + 21 * S });
  });

  it("a small stretch between full pages does not starve", () => {
    const lonely = ago(3 * HOUR_MS, 3 * HOUR_MS - 2 * S);
    let coverage = cover(emptyCoverage(NOW_MS - 3 * HOUR_MS), lonely, NOW_MS - 3 * HOUR_MS + 2 * S, 100);
    coverage = cover(coverage, ago(2 * HOUR_MS, 0), NOW_MS - 90 * MINUTE_MS, 5_000_000);
    const step = plan({ ...coverage, originMs: NOW_MS - 2 * HOUR_MS, polledMs: NOW_MS - S, settleReadMs: NOW_MS - S }, rules(), FREE, NOW_MS);
    assert.deepEqual(step, { kind: "read", window: lonely, why: "settle" });
  });
});
