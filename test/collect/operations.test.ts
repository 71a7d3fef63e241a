import assert from "node:assert/strict";
import type { Definitions } from "../../service/collect/definitions.js";
import { NO_TOTALS } from "../../service/collect/journal.js";
import { createOperations, stretches } from "../../service/collect/operations.js";
import type { Supervisor } from "../../service/collect/supervisor.js";
import type { KnownSource } from "../../service/collect/wiring.js";
import type { Edit } from "../../service/collect/worker.js";
import { cover, cursorMs, emptyCoverage, markStuck, unread, type Coverage } from "../../service/core/coverage.js";
import { BUCKET_MS } from "../../service/core/fingerprints.js";
import { reached, STARTING } from "../../service/core/health.js";
import type { EventRecord, SourceConfig } from "../../service/ports.js";
import { clockAtStart, diary, HOUR_MS, MINUTE_MS, SECOND_MS, SOURCE_ID, START_MS } from "./doubles.js";

const DAY_MS = 24 * HOUR_MS;
const back = (fromMs: number, toMs: number) => ({ startMs: START_MS - fromMs, endMs: START_MS - toMs });

function bench(coverage: Coverage) {
  const config = { api: "graph", settleHorizonMs: DAY_MS, timeOffsetMs: 0, pollingIntervalMs: 5 * MINUTE_MS, start: { backMs: 0 }, tenantId: "t", name: "n", fields: {} } as unknown as SourceConfig;
  const limits = { graph: { pageRows: 5000, windowMsMax: 10 * DAY_MS, historyMs: 10 * DAY_MS } };
  const source = { record: { id: SOURCE_ID, createdMs: START_MS }, config, sourceType: { limits } } as unknown as KnownSource;
  const state = { coverage };
  const edits: Edit[] = [];
  const events: EventRecord[] = [];
  const supervisor = {
    state: async () => ({ health: reached(STARTING, "Collecting"), paused: false, coverage: state.coverage, totals: NO_TOTALS, nextMs: 0 }),
    edit: async (_source: KnownSource, edit: Edit) => {
      edits.push(edit);
      state.coverage = edit.change(state.coverage);
    },
  } as unknown as Supervisor;
  const clock = clockAtStart();
  const { happenings, observe } = diary();
  const operations = createOperations({ definitions: {} as Definitions, supervisor, store: { appendEvent: async (event) => void events.push(event) }, clock, observe });
  return { operations, source, state, edits, events, happenings, clock };
}
const read = (origin = 5 * HOUR_MS) => cover(emptyCoverage(START_MS - origin), back(origin, 0), START_MS, 5000);

describe("collect: operations", () => {
  it("backfill: what coverage lacks, on whole seconds, within the history, and on record", async () => {
    const { operations, source, state, edits, events } = bench(read());
    const made = await operations.backfill(source, { startMs: 0, endMs: START_MS - 4 * HOUR_MS + 437 }, false);
    assert.deepEqual([made.startMs, made.endMs, made.again], [START_MS - 10 * DAY_MS, START_MS - 4 * HOUR_MS, false]);
    assert.deepEqual([state.coverage.backfills, state.coverage.spans, edits[0]!.forget], [[made], read().spans, undefined]);
    assert.equal(events[0]?.kind, "backfill");
  });

  it("backfill again: whole buckets of fingerprints are forgotten and read again, so that no neighbour is delivered twice", async () => {
    const { operations, source, state, edits } = bench(read());
    const made = await operations.backfill(source, back(3 * HOUR_MS - MINUTE_MS, 2 * HOUR_MS + MINUTE_MS), true);
    assert.deepEqual([made.startMs, made.endMs], [START_MS - 3 * HOUR_MS, START_MS - 2 * HOUR_MS]);
    assert.deepEqual(edits[0]!.forget, { startMs: made.startMs, endMs: made.endMs });
    assert.deepEqual(unread(state.coverage, back(5 * HOUR_MS, 0)), [{ startMs: made.startMs, endMs: made.endMs }]);
    assert.equal(cursorMs(state.coverage), START_MS, "what is read again on purpose does not hold the cursor back");
  });

  it("backfill again up to now: reaches to the bucket's end, for more of it may be read before the change is applied", async () => {
    const { operations, source, edits, clock, state } = bench(read());
    await clock.runUntil(START_MS + MINUTE_MS);
    const made = await operations.backfill(source, { startMs: START_MS - HOUR_MS, endMs: START_MS + MINUTE_MS }, true);
    assert.equal(made.endMs, START_MS + MINUTE_MS);
    assert.deepEqual(edits[0]!.forget, { startMs: START_MS - HOUR_MS, endMs: START_MS + BUCKET_MS });
    assert.deepEqual(unread(edits[0]!.change(cover(read(), { startMs: START_MS, endMs: START_MS + 2 * MINUTE_MS }, START_MS, 1)), back(HOUR_MS, -2 * MINUTE_MS)), [back(HOUR_MS, -2 * MINUTE_MS)]);
    assert.equal(state.coverage.backfills.length, 1);
  });

  it("backfill again does not let the cursor leap over what was never read", async () => {
    const holed = cover(cover(emptyCoverage(START_MS - 5 * HOUR_MS), back(5 * HOUR_MS, 4 * HOUR_MS), START_MS, 1), back(HOUR_MS, 0), START_MS, 1);
    const { operations, source, state } = bench(holed);
    await operations.backfill(source, back(5 * HOUR_MS, HOUR_MS), true);
    assert.equal(cursorMs(state.coverage), START_MS - 4 * HOUR_MS);
  });

  it("backfills of one instant have ids of their own, and are cancelled one by one", async () => {
    const { operations, source, state } = bench(read());
    const [one, other] = [await operations.backfill(source, back(9 * DAY_MS, 8 * DAY_MS), false), await operations.backfill(source, back(7 * DAY_MS, 6 * DAY_MS), false)];
    assert.equal(await operations.cancelBackfill(source, one.id), true);
    assert.deepEqual(state.coverage.backfills, [other]);
    assert.equal(await operations.cancelBackfill(source, one.id), false);
  });

  it("refuses windows that cannot be read, with the bounds of what can", async () => {
    const { operations, source, edits } = bench(read());
    const never = [back(30 * DAY_MS, 20 * DAY_MS), back(-HOUR_MS, -2 * HOUR_MS), back(500, 0)];
    for (const window of never) await assert.rejects(operations.backfill(source, window, false), /RangeError|can be read/);
    await assert.rejects(operations.rewind(source, START_MS + HOUR_MS), RangeError);
    assert.deepEqual(edits, []);
  });

  it("rewind: the cursor goes back to a bucket's start, everything since is forgotten, and it is on record", async () => {
    const { operations, source, state, edits, events } = bench(read());
    await operations.rewind(source, START_MS - 2 * HOUR_MS + 5 * MINUTE_MS);
    assert.equal(cursorMs(state.coverage), START_MS - 2 * HOUR_MS);
    assert.deepEqual(edits[0]!.forget, { startMs: START_MS - 2 * HOUR_MS, endMs: Number.MAX_SAFE_INTEGER });
    assert.equal(events[0]?.kind, "rewind");
    await operations.rewind(source, START_MS - DAY_MS);
    assert.deepEqual([cursorMs(state.coverage), state.coverage.originMs], [START_MS - DAY_MS, START_MS - DAY_MS]);
  });

  it("give-up: what was to be read and was not becomes a gap, on whole seconds; what was read stays", async () => {
    const stuck = markStuck(read(), back(2 * HOUR_MS, 2 * HOUR_MS - SECOND_MS), START_MS + HOUR_MS, "bad-link");
    const { operations, source, state, happenings } = bench(stuck);
    await operations.giveUp(source, { startMs: START_MS - 3 * HOUR_MS + 1, endMs: START_MS + DAY_MS });
    const gaps = state.coverage.spans.filter(({ kind }) => kind === "gap").map(({ startMs, endMs }) => ({ startMs, endMs }));
    assert.deepEqual(gaps, [back(2 * HOUR_MS, 2 * HOUR_MS - SECOND_MS)]);
    assert.equal(cursorMs(state.coverage), START_MS);
    assert.equal(happenings[0]?.kind, "gap");
    await assert.rejects(operations.giveUp(source, back(9 * DAY_MS, 8 * DAY_MS)), RangeError, "nothing was promised before the origin");
  });

  it("status: how far, how late, what is owed", async () => {
    const holed = cover(emptyCoverage(START_MS - 5 * HOUR_MS), back(5 * HOUR_MS, HOUR_MS), START_MS - HOUR_MS, 4000);
    const { operations, source } = bench(markStuck(holed, back(2 * HOUR_MS, 2 * HOUR_MS - SECOND_MS), START_MS, "bad-link"));
    const status = await operations.status(source);
    assert.deepEqual([status.cursorMs, status.frontierMs, status.settledMs, status.lagMs, status.stuckMs, status.gapMs], [START_MS - 2 * HOUR_MS, START_MS - HOUR_MS, START_MS - 5 * HOUR_MS, 2 * HOUR_MS, SECOND_MS, 0]);
    assert.ok(status.debt.requests >= 1 && status.debt.ms > 0 && status.debt.ms <= 4 * HOUR_MS);
    assert.equal(status.health.state, "Collecting");
  });

  it("coverage: a strip without holes, from the origin, also when the oldest is still unread", async () => {
    const newest = cover(emptyCoverage(START_MS - 5 * HOUR_MS), back(HOUR_MS, 0), START_MS, 10);
    const { operations, source } = bench(newest);
    const strip = await operations.coverage(source);
    assert.deepEqual(strip.map(({ state, startMs, endMs }) => [state, startMs - START_MS, endMs - START_MS]), [["unread", -5 * HOUR_MS, -HOUR_MS], ["read", -HOUR_MS, 0]]);
    assert.deepEqual(stretches(newest, back(30 * MINUTE_MS, 20 * MINUTE_MS)).map(({ state }) => state), ["read"]);
  });
});
