import assert from "node:assert/strict";
import { Worker, type WorkerRules } from "../../service/collect/worker.js";
import { cursorMs, markGap, unread, type Coverage } from "../../service/core/coverage.js";
import { Fault } from "../../service/core/fault.js";
import { viewHealth } from "../../service/core/health.js";
import { row } from "../core/rows.js";
import { clockAtStart, diary, half, HOUR_MS, idle, MemorySink, MemorySource, MemoryStore, MINUTE_MS, PLAN, SECOND_MS, START_MS, stops, through, TURN } from "./doubles.js";

const RULES: WorkerRules = { plan: PLAN, turn: TURN, originMs: START_MS - 5 * MINUTE_MS };
const SETTLING: WorkerRules = { ...RULES, plan: { ...PLAN, horizonMs: HOUR_MS }, turn: { ...TURN, fold: { ...TURN.fold, horizonMs: HOUR_MS } } };

function bench(sinks: Record<string, MemorySink> = { default: new MemorySink() }, rules = RULES) {
  const [store, source, clock] = [new MemoryStore(), new MemorySource(), clockAtStart()];
  const { happenings, observe, faults } = diary();
  const throttled: number[] = [];
  const start = () => {
    const ports = { connect: () => source, sinks: () => new Map(Object.entries(sinks)), store, clock, random: half, observe, throttled: async (untilMs: number) => void throttled.push(untilMs - clock.nowMs()) };
    const worker = new Worker(ports, rules);
    const stop = stops();
    const ended = worker.run(stop.signals);
    const end = async () => {
      stop.stopping.abort(new Error("stop"));
      await through(clock, ended, HOUR_MS);
    };
    return { worker, stop, end, ended };
  };
  const coverage = () => store.coverage as Coverage;
  return { store, source, clock, happenings, faults, throttled, start, coverage, sinks };
}
const keys = (sink: MemorySink) => sink.lines.map((line) => (JSON.parse(line) as { key: string }).key);
function missing(): never {
  throw new Fault("destination-missing");
}
/** One row a minute. */
const flow = (count: number) => Array.from({ length: count }, (_, at) => row(`m${at}|x`, START_MS - 4 * MINUTE_MS + at * MINUTE_MS));

describe("collect: worker", () => {
  it("delivers every row once, moves the cursor, and goes on where it was after a restart", async () => {
    const { source, clock, start, coverage, sinks, happenings } = bench();
    source.rows = flow(40);
    source.rowsPerPage = 2;
    const first = start();
    await clock.runUntil(START_MS + 12 * MINUTE_MS);
    await first.end();
    assert.ok(cursorMs(coverage()) >= START_MS + 10 * MINUTE_MS);
    const second = start();
    await clock.runUntil(START_MS + 50 * MINUTE_MS);
    await second.end();
    assert.deepEqual(keys(sinks["default"]!).toSorted(), source.rows.map(({ key }) => key).toSorted());
    assert.equal(viewHealth(second.worker.health, clock.nowMs()).state, "Collecting");
    assert.ok(happenings.some((one) => one.kind === "state" && one.state === "Collecting"));
  });

  it("polls at once when it starts, however lately another one did: a changed definition is tried", async () => {
    const { source, clock, start } = bench();
    const first = start();
    await clock.runUntil(START_MS + 10 * SECOND_MS);
    await first.end();
    const before = source.windows.length;
    const second = start();
    await clock.runUntil(START_MS + 12 * SECOND_MS);
    assert.ok(source.windows.length > before);
    const after = source.windows.length;
    await clock.runUntil(START_MS + 4 * MINUTE_MS);
    assert.equal(source.windows.length, after, "once, then at its interval");
    await second.end();
  });

  it("written before committed: what is in the store was taken", async () => {
    const { source, clock, start, store, sinks } = bench();
    source.rows = flow(3);
    sinks["default"]!.judge = () => assert.equal(store.kept.size, 0, "remembered before it was taken");
    const run = start();
    await clock.runUntil(START_MS + MINUTE_MS);
    await run.end();
    assert.equal(sinks["default"]!.lines.length, 3 + 0 * store.kept.size);
    assert.ok(store.kept.size > 0);
  });

  it("a page that fails in the middle leaves the window open; it is read again and nothing is repeated", async () => {
    const { source, clock, start, store, sinks, coverage, faults } = bench();
    source.rows = flow(4);
    source.rowsPerPage = 1;
    let pages = 0;
    const read = source.read.bind(source);
    source.read = async function* (window, signal) {
      for await (const page of read(window, signal)) {
        if (++pages === 3) throw new Fault("connection-cut");
        yield page;
      }
    };
    const run = start();
    await idle();
    assert.equal(sinks["default"]!.lines.length, 2);
    assert.equal(cursorMs(coverage()), RULES.originMs, "the cursor moved over rows that were not read");
    await clock.runUntil(START_MS + MINUTE_MS);
    await run.end();
    assert.deepEqual(keys(sinks["default"]!).toSorted(), ["m0|x", "m1|x", "m2|x", "m3|x"]);
    assert.deepEqual(faults(), ["connection-cut"]);
    assert.equal((store.totals as { rowsDelivered: number }).rowsDelivered, 4);
  });

  it("finds late rows and changed ones by settling, and says which they are", async () => {
    const { source, clock, start, store } = bench(undefined, SETTLING);
    source.rows = [row("a|x", START_MS - MINUTE_MS, { status: "pending" })];
    const run = start();
    await clock.runUntil(START_MS + MINUTE_MS);
    source.rows = [row("a|x", START_MS - MINUTE_MS), row("late|x", START_MS - 2 * MINUTE_MS)];
    await clock.runUntil(START_MS + 2 * HOUR_MS);
    await run.end();
    const { rowsDelivered, rowsLate, rowsChanged } = store.totals as Record<string, number>;
    assert.deepEqual([rowsDelivered, rowsLate, rowsChanged], [3, 1, 1]);
  });

  it("a held row is let go by what was asked for at its time, not by an answer that waited until then", async () => {
    const rules: WorkerRules = { ...SETTLING, turn: { ...SETTLING.turn, fold: { ...SETTLING.turn.fold, statusChanges: "final" } } };
    const { source, clock, start, sinks } = bench(undefined, rules);
    source.rows = [row("a|x", START_MS - MINUTE_MS, { status: "pending" })];
    const read = source.read.bind(source);
    let waited = false;
    source.read = async function* (window, signal) {
      for await (const page of read(window, signal)) {
        if (!waited) await clock.sleep(2 * HOUR_MS);
        waited = true;
        yield page;
      }
    };
    const run = start();
    await clock.runUntil(START_MS + HOUR_MS);
    source.rows = [row("a|x", START_MS - MINUTE_MS)];
    await clock.runUntil(START_MS + 4 * HOUR_MS);
    await run.end();
    assert.deepEqual(sinks["default"]!.lines.map((line) => (JSON.parse(line) as { status: string }).status), ["delivered"]);
  });

  it("sets a second aside that cannot be read, names it, goes on with the rest, and reads it when it can", async () => {
    const { source, clock, start, coverage, faults, sinks } = bench();
    source.rows = flow(8);
    const poisoned = START_MS - 2 * MINUTE_MS;
    source.failing = ({ startMs, endMs }) => (startMs <= poisoned && poisoned < endMs ? new Fault("bad-link") : undefined);
    const run = start();
    await clock.runUntil(START_MS + 20 * MINUTE_MS);
    assert.ok(faults().includes("window-unreadable"));
    const stuck = coverage().spans.filter((span) => span.kind === "stuck");
    assert.deepEqual(stuck.map(({ startMs, endMs }) => [startMs, endMs]), [[poisoned, poisoned + SECOND_MS]]);
    assert.equal(cursorMs(coverage()), poisoned);
    assert.deepEqual(unread(coverage(), { startMs: RULES.originMs, endMs: START_MS + 14 * MINUTE_MS }), []);
    assert.deepEqual(keys(sinks["default"]!).toSorted(), [0, 1, 3, 4, 5, 6, 7].map((at) => `m${at}|x`));
    source.failing = () => undefined;
    await clock.runUntil(START_MS + 2 * HOUR_MS);
    await run.end();
    assert.equal(sinks["default"]!.lines.length, 8);
    assert.ok(cursorMs(coverage()) > START_MS + HOUR_MS);
  });

  it("a poisoned second that was read before is set aside as well: settling goes on around it", async () => {
    const { source, clock, start, coverage } = bench(undefined, SETTLING);
    const run = start();
    await clock.runUntil(START_MS + 437);
    const poisoned = START_MS - MINUTE_MS;
    source.failing = ({ startMs, endMs }) => (startMs <= poisoned && poisoned < endMs ? new Fault("bad-link") : undefined);
    const before = source.windows.length;
    await clock.runUntil(START_MS + 30 * MINUTE_MS);
    assert.deepEqual(coverage().spans.filter(({ kind }) => kind === "stuck").map(({ startMs, endMs }) => [startMs, endMs]), [[poisoned, poisoned + SECOND_MS]]);
    assert.ok(source.windows.length - before < 100, `${source.windows.length - before} readings: everything was read in crumbs for one second`);
    await run.end();
  });

  it("is throttled for the whole tenant, and no error for it", async () => {
    const { source, clock, start, throttled } = bench();
    source.failing = () => new Fault("throttled", { retryAfterMs: 20 * MINUTE_MS, status: 429 });
    const run = start();
    await clock.runUntil(START_MS + 55 * MINUTE_MS);
    assert.deepEqual(throttled, [20 * MINUTE_MS, 20 * MINUTE_MS, 20 * MINUTE_MS]);
    assert.equal(viewHealth(run.worker.health, clock.nowMs()).state, "Initialized");
    await run.end();
  });

  it("a store that fails for hours is asked ever more slowly, and nothing is lost or repeated", async () => {
    const { source, clock, start, store, sinks } = bench();
    source.rows = flow(100);
    const run = start();
    await clock.runUntil(START_MS + 10 * MINUTE_MS);
    store.failing = () => new Fault("store-failed");
    const before = store.calls;
    await clock.runUntil(START_MS + 70 * MINUTE_MS);
    assert.ok(store.calls - before < 200, `${store.calls - before} calls in an hour`);
    assert.equal(viewHealth(run.worker.health, clock.nowMs()).state, "Error");
    store.failing = () => undefined;
    await clock.runUntil(START_MS + 110 * MINUTE_MS);
    await run.end();
    assert.deepEqual(keys(sinks["default"]!).toSorted(), source.rows.map(({ key }) => key).toSorted());
  });

  it("a commit that fails after it took effect is not done twice", async () => {
    const { source, clock, start, store, sinks } = bench();
    source.rows = flow(30);
    let commits = 0;
    const commit = store.commit.bind(store);
    store.commit = async (...given) => {
      const revision = await commit(...given);
      if (++commits % 3 === 0) throw new Fault("store-failed");
      return revision;
    };
    const run = start();
    await clock.runUntil(START_MS + 40 * MINUTE_MS);
    await run.end();
    assert.deepEqual(keys(sinks["default"]!).toSorted(), source.rows.map(({ key }) => key).toSorted());
  });

  it("a destination that fails holds the cursor; the other one gets nothing twice, over a restart too", async () => {
    const [good, bad] = [new MemorySink(), new MemorySink()];
    const { source, clock, start, coverage } = bench({ good, bad });
    source.rows = flow(4);
    bad.judge = () => {
      throw new Fault("destination-unreachable");
    };
    const first = start();
    await clock.runUntil(START_MS + 10 * MINUTE_MS);
    assert.deepEqual([good.lines.length, bad.lines.length], [4, 0]);
    assert.equal(viewHealth(first.worker.health, clock.nowMs()).state, "Error");
    await first.end();
    assert.equal(cursorMs(coverage()), RULES.originMs);
    bad.judge = () => undefined;
    const second = start();
    await clock.runUntil(START_MS + 20 * MINUTE_MS);
    await second.end();
    assert.deepEqual([good.lines.length, bad.lines.length], [4, 4]);
  });

  it("a missing destination is a fault that a person must mend, not an end; nothing is read meanwhile", async () => {
    const { clock, source, sinks } = bench();
    const ports = { connect: () => source, store: new MemoryStore(), clock, random: half, observe: () => undefined, throttled: async () => undefined };
    let present = false;
    const worker = new Worker({ ...ports, sinks: () => (present ? new Map(Object.entries(sinks)) : missing()) }, RULES);
    const stop = stops();
    const ended = worker.run(stop.signals);
    await clock.runUntil(START_MS + 12 * MINUTE_MS);
    const view = viewHealth(worker.health, clock.nowMs());
    assert.deepEqual([view.state, view.errorType, source.windows.length], ["Error", "FIRST-PARTY-GENERIC", 0]);
    present = true;
    await clock.runUntil(START_MS + 20 * MINUTE_MS);
    stop.stopping.abort(new Error("stop"));
    await ended;
    assert.ok(source.windows.length > 0);
  });

  it("records what the API has forgotten as a gap, once, and goes on", async () => {
    const { clock, start, happenings, coverage } = bench(undefined, { ...RULES, originMs: START_MS - 11 * 24 * HOUR_MS });
    const run = start();
    await clock.runUntil(START_MS + 5 * SECOND_MS);
    await run.end();
    const gaps = happenings.flatMap((one) => (one.kind === "gap" ? [one.window] : []));
    assert.deepEqual(gaps[0], { startMs: START_MS - 11 * 24 * HOUR_MS, endMs: START_MS - 10 * 24 * HOUR_MS });
    assert.equal(coverage().spans.filter(({ kind }) => kind === "gap").length, 1);
  });

  it("applies an operator's change between two turns, durably, and wakes up for it", async () => {
    const { clock, start, coverage, store } = bench();
    const run = start();
    await clock.runUntil(START_MS + SECOND_MS);
    const lost = { startMs: START_MS - HOUR_MS, endMs: START_MS - HOUR_MS + SECOND_MS };
    await through(clock, run.worker.edit({ change: (now) => markGap(now, lost, "given-up", clock.nowMs()) }), SECOND_MS * 10);
    assert.ok(coverage().spans.some(({ kind }) => kind === "gap"));
    store.failing = () => new Fault("store-full");
    await assert.rejects(through(clock, run.worker.edit({ change: (now) => now }), HOUR_MS), { code: "store-full" });
    store.failing = () => undefined;
    await run.end();
    await assert.rejects(run.worker.edit({ change: (now) => now }), /stopped/);
  });

  it("stops at once while it waits, and within the attempt under way while it delivers", async () => {
    const { clock, start, source, sinks } = bench();
    const waiting = start();
    await clock.runUntil(START_MS + SECOND_MS);
    waiting.stop.stopping.abort(new Error("stop"));
    await waiting.ended;
    source.rows = [row("m|x", START_MS + 2 * MINUTE_MS)];
    sinks["default"]!.judge = (_batch, _attempt, signal) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    const stuck = start();
    await clock.runUntil(START_MS + 10 * MINUTE_MS);
    assert.equal(sinks["default"]!.attempts, 1);
    stuck.stop.stopping.abort(new Error("stop"));
    stuck.stop.aborting.abort(new Error("abort"));
    await stuck.ended;
    assert.equal(sinks["default"]!.lines.length, 0);
  });
});
