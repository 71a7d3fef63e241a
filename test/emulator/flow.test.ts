import assert from "node:assert/strict";
import * as fc from "fast-check";
import { flowSettings, type FlowOptions } from "../../service/emulator/flow-options.js";
import { createFlow } from "../../service/emulator/flow.js";
import { newestFirst, rowKey, shownStates, stateAt, type TraceRow } from "../../service/emulator/trace-row.js";
import { DAY_MS, HOUR_MS, START_MS } from "./rig.js";

const flowOf = (options: FlowOptions, seed = 7) =>
  createFlow({ seed, tenantId: "t", organization: "contoso.example" }, flowSettings(options));
const oneHour = { segments: [{ fromMs: START_MS, toMs: START_MS + HOUR_MS }], rowsPerSecond: 2 };
const keys = (rows: Iterable<TraceRow>): string[] => Array.from(rows, rowKey);

describe("emulator: mail flow", () => {
  it("is decided by the seed alone", () => {
    const rows = (seed: number) => JSON.stringify([...flowOf(oneHour, seed).oldest(START_MS, START_MS + HOUR_MS)]);
    assert.equal(rows(7), rows(7));
    assert.notEqual(rows(7), rows(8));
  });

  it("gives the same rows however the time is cut, in both directions", () => {
    const rate = fc.constantFrom(0.001, 0.05, 0.8);
    fc.assert(fc.property(rate, fc.array(fc.integer({ min: 0, max: HOUR_MS }), { maxLength: 8 }), (rowsPerSecond, cuts) => {
      const whole = [...flowOf({ ...oneHour, rowsPerSecond }).oldest(START_MS, START_MS + HOUR_MS)];
      const flow = flowOf({ ...oneHour, rowsPerSecond });
      const edges = [0, ...cuts.toSorted((a, b) => a - b), HOUR_MS].map((ms) => START_MS + ms);
      const pieces = edges.slice(1).flatMap((edge, i) => [...flow.oldest(edges[i]!, edge)]);
      assert.deepEqual(keys(pieces), keys(whole));
      assert.deepEqual(keys(flow.newest(START_MS, START_MS + HOUR_MS)), keys(whole).toReversed());
      assert.deepEqual(keys(whole.toSorted(newestFirst).toReversed()), keys(whole));
    }), { numRuns: 30 });
  });

  it("makes rows at the rate asked for, inside the segments only, each key once", () => {
    const segments = [{ fromMs: START_MS, toMs: START_MS + HOUR_MS }, { fromMs: START_MS + 3 * HOUR_MS, toMs: START_MS + 4 * HOUR_MS, rowsPerSecond: 5 }];
    const rows = [...flowOf({ segments, rowsPerSecond: 1 }).oldest(START_MS - DAY_MS, START_MS + DAY_MS)];
    const counts = [0, 1, 2, 3].map((hour) => rows.filter((row) => Math.floor((row.received.ms - START_MS) / HOUR_MS) === hour).length);
    assert.ok(Math.abs(counts[0]! - 3_600) < 40 && counts[1] === 0 && counts[2] === 0 && Math.abs(counts[3]! - 18_000) < 200, String(counts));
    assert.equal(counts.reduce((sum, n) => sum + n), rows.length);
    assert.equal(new Set(rows.map(rowKey)).size, rows.length);
  });

  it("ends with rowsMax rows, the oldest ones, across segments", () => {
    const segments = [{ fromMs: START_MS, toMs: START_MS + 60_000 }, { fromMs: START_MS + HOUR_MS }];
    const whole = [...flowOf({ segments, rowsPerSecond: 2 }).oldest(START_MS, START_MS + 2 * HOUR_MS)];
    for (const rowsMax of [0, 1, 119, 120, 121, 500]) {
      const limited = flowOf({ segments, rowsPerSecond: 2, rowsMax });
      assert.deepEqual(keys(limited.newest(START_MS, START_MS + 2 * HOUR_MS)).toReversed(), keys(whole.slice(0, rowsMax)), `rowsMax ${rowsMax}`);
    }
  });

  it("keeps what it gave when it is stopped, and gives nothing after", () => {
    const flow = flowOf({ segments: [{ fromMs: START_MS }], rowsPerSecond: 3, rowsMax: 100 });
    const stopMs = START_MS + 12_345;
    const before = keys(flow.oldest(START_MS, stopMs));
    assert.ok(before.length > 20);
    flow.stop(stopMs);
    assert.deepEqual(keys(flow.oldest(START_MS, START_MS + HOUR_MS)), before);
    assert.deepEqual(flow.segments(), [{ fromMs: START_MS, toMs: stopMs }]);
    const again = flowOf({ segments: [...flow.segments(), { fromMs: START_MS + HOUR_MS }], rowsPerSecond: 3, rowsMax: 100 });
    assert.deepEqual(keys(again.oldest(START_MS, stopMs + 1)), before);
    assert.equal(keys(again.oldest(START_MS, START_MS + 2 * HOUR_MS)).length, 100);
  });

  it("draws lateness and changes in the shares and the distribution that it documents", () => {
    const options = { ...oneHour, rowsPerSecond: 8, shareLate: 0.2, lateMsMax: 24 * HOUR_MS, promptMsMax: 1_000, shareChanging: 0.3, shareRecalled: 0 };
    const rows = [...flowOf(options).oldest(START_MS, START_MS + HOUR_MS)];
    const share = (test: (row: TraceRow) => boolean): number => rows.filter(test).length / rows.length;
    assert.ok(Math.abs(share((row) => row.late) - 0.2) < 0.012);
    assert.ok(Math.abs(share((row) => row.changes.length > 0) - 0.3) < 0.01);
    assert.ok(Math.abs(share((row) => row.changes.length > 1) - 0.06) < 0.01);
    const delays = rows.filter((row) => row.late).map((row) => row.visibleAtMs - row.received.ms).toSorted((a, b) => a - b);
    assert.ok(delays[0]! >= 1_000 && delays.at(-1)! <= 24 * HOUR_MS);
    const median = Math.sqrt(1_000 * 24 * HOUR_MS);
    assert.ok(delays[delays.length >> 1]! / median > 0.8 && delays[delays.length >> 1]! / median < 1.25);
    for (const row of rows) if (!row.late) assert.ok(row.visibleAtMs - row.received.ms <= 1_000);
  });

  it("has the awkward cases in it: shared milliseconds, several recipients, null, empty and 256-character subjects, IPv6, apostrophes", () => {
    const rows = [...flowOf({ ...oneHour, rowsPerSecond: 10 }).oldest(START_MS, START_MS + HOUR_MS)];
    const some = (test: (row: TraceRow) => unknown): void => assert.ok(rows.some(test), String(test));
    const byMs = groupBy(rows, (row) => row.received.ms);
    assert.ok([...byMs.values()].some((same) => new Set(same.map((row) => row.id)).size > 1));
    assert.ok([...groupBy(rows, (row) => row.id).values()].some((same) => new Set(same.map((row) => row.recipient.toLowerCase())).size > 2));
    some((row) => row.subject === null);
    some((row) => row.subject === "");
    some((row) => row.subject?.length === 256);
    for (const piece of ["\"", "\u2028", "\u0000", "🎉", "שלום", "\\", "\n", "\ud83d"]) some((row) => row.subject?.includes(piece));
    some((row) => row.fromIP?.includes(":"));
    some((row) => row.fromIP === null);
    some((row) => row.messageId === null);
    some((row) => row.recipient.includes("'"));
    some((row) => row.recipient !== row.recipient.toLowerCase());
    some((row) => row.received.ticks === 0);
    some((row) => row.received.ticks % 10 !== 0);
    some((row) => row.first.size === 0);
  });

  it("asks little for a window far from the beginning", () => {
    const flow = flowOf({ segments: [{ fromMs: START_MS - 400 * DAY_MS }], rowsPerSecond: 50 });
    // 1.7 thousand million rows lie before; that this ends at all is the point.
    assert.ok(Math.abs(keys(flow.newest(START_MS, START_MS + 10_000)).length - 500) < 60);
  });

  it("refuses options that make no sense", () => {
    for (const wrong of [{ shareLate: 1.1 }, { rowsPerSecond: -1 }, { recipientsMax: 0 }, { lateMsMax: NaN }, { segments: [{ fromMs: 5, toMs: 1 }] }, { segments: [{ fromMs: 1 }, { fromMs: 5 }] }]) {
      assert.throws(() => flowSettings({ segments: [], ...wrong }), RangeError, JSON.stringify(wrong));
    }
  });
});

describe("emulator: states of a row", () => {
  const row: TraceRow = {
    id: "i", messageId: null, received: { ms: 1_000, ticks: 0 }, sender: "s", recipient: "R", subject: null, fromIP: null, late: true,
    first: { status: "gettingStatus", toIP: null, size: 0 }, visibleAtMs: 5_000,
    changes: [{ atMs: 2_000, patch: { status: "pending" } }, { atMs: 9_000, patch: { status: "delivered", size: 9 } }],
  };
  it("shows nothing before it is visible, and a change before that as part of the first state", () => {
    assert.equal(stateAt(row, 4_999), undefined);
    assert.equal(stateAt(row, 5_000)?.status, "pending");
    assert.deepEqual(stateAt(row, 9_000), { status: "delivered", toIP: null, size: 9 });
    assert.deepEqual(shownStates(row, 4_999), []);
    assert.deepEqual(shownStates(row, 8_999).map(({ fromMs, state }) => [fromMs, state.status]), [[5_000, "pending"]]);
    assert.deepEqual(shownStates(row, 9_000).map(({ fromMs, state }) => [fromMs, state.status]), [[5_000, "pending"], [9_000, "delivered"]]);
  });
});

function groupBy<K>(rows: readonly TraceRow[], of: (row: TraceRow) => K): Map<K, TraceRow[]> {
  const groups = new Map<K, TraceRow[]>();
  for (const row of rows) groups.set(of(row), [...(groups.get(of(row)) ?? []), row]);
  return groups;
}
