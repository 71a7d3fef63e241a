import assert from "node:assert/strict";
import { play, type Outcome } from "./pool.js";
import { drawScenario } from "./scenario.js";
import { VirtualClock } from "./virtual-clock.js";
import { World } from "./world.js";

/** Short ones, with deaths, several sources and codes among them. */
const SEEDS = [9, 15, 23, 24, 25];

async function traceOf(seed: number, turns?: number): Promise<string> {
  return (await new World(drawScenario(seed), turns === undefined ? {} : { turns }).play()).trace;
}

describe("a seed is the same for ever", function () {
  this.timeout(300_000);
  let first: readonly string[] = [];

  before(async () => {
    const traces: string[] = [];
    for (const seed of SEEDS) traces.push(await traceOf(seed));
    first = traces;
  });

  it("tells seeds apart", () => {
    assert.equal(new Set(first).size, SEEDS.length);
  });

  it("whatever ran before in the process", async () => {
    for (const [at, seed] of SEEDS.toReversed().entries()) assert.equal(await traceOf(seed), first[SEEDS.length - 1 - at]);
  });

  it("in another process, beside others", async () => {
    const outcomes: Outcome[] = [];
    const orders = [...SEEDS];
    await play({
      workers: 2,
      next: () => {
        const seed = orders.shift();
        return seed === undefined ? undefined : { seed };
      },
      done: (outcome) => void outcomes.push(outcome),
    });
    const traces = outcomes.toSorted((a, b) => a.seed - b.seed).map((outcome) => outcome.sums?.trace ?? outcome.broken);
    assert.deepEqual(traces, first);
  });

  it("however long everything is given to run between two instants", async () => {
    for (const turns of [1, 5]) assert.equal(await traceOf(SEEDS[0]!, turns), first[0]);
  });

  it("draws the same scenario twice", () => {
    assert.deepEqual(drawScenario(77), drawScenario(77));
  });
});

describe("virtual clock", () => {
  it("wakes sleepers in order of time, then of going to sleep, and jumps over the time between", async () => {
    const clock = new VirtualClock(1000);
    const woken: string[] = [];
    const sleep = async (ms: number, name: string) => {
      await clock.sleep(ms);
      woken.push(`${name}@${clock.nowMs()}`);
    };
    void sleep(50, "b");
    void sleep(5, "a");
    void sleep(50, "c");
    void sleep(7 * 86_400_000, "never");
    await clock.runUntil(1049);
    assert.deepEqual(woken, ["a@1005"]);
    await clock.runUntil(1_000_000);
    assert.deepEqual(woken, ["a@1005", "b@1050", "c@1050"]);
    assert.equal(clock.nowMs(), 1_000_000);
  });

  it("lets go of a sleeper whose signal is aborted", async () => {
    const clock = new VirtualClock(0);
    const stop = new AbortController();
    const slept = clock.sleep(10, stop.signal);
    stop.abort(new Error("enough"));
    await assert.rejects(slept, /enough/);
    await clock.runUntil(100);
    assert.equal(clock.woken, 0);
    await assert.rejects(clock.sleep(1, stop.signal), /enough/);
  });
});
