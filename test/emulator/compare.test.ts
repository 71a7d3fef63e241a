import assert from "node:assert/strict";
import * as fc from "fast-check";
import { compare } from "../../service/emulator/compare.js";
import { createMailbox, type InjectedRow } from "../../service/emulator/mailbox.js";
import { readTraceLine } from "../../service/emulator/trace-line.js";
import { stateAt, type TraceRow } from "../../service/emulator/trace-row.js";
import { graphRow } from "../../service/emulator/graph-page.js";
import { reportingRow } from "../../service/emulator/reporting-row.js";
import { allPages, DAY_MS, graphFilter, HOUR_MS, json, reportingFilter, rig, START_MS, type Json } from "./rig.js";

const mailbox = () => createMailbox({ seed: 1, tenantId: "t", organization: "contoso.example" }, { segments: [] });
const rowOf = (given: Partial<InjectedRow> = {}): TraceRow => mailbox().add({ receivedMs: START_MS, ...given });
const line = (row: TraceRow, atMs: number): string => JSON.stringify(graphRow({ row, state: stateAt(row, atMs)! }, true));
const nowMs = START_MS + DAY_MS;
/** Pending, then delivered a minute later. */
const changing = rowOf({ status: "pending", changes: [{ atMs: START_MS + 60_000, patch: { status: "delivered" } }] });
const pending = line(changing, START_MS);
const delivered = line(changing, START_MS + 60_000);
const judge = (row: TraceRow, lines: readonly string[], more: { dueMs?: number; horizonMs?: number; final?: boolean } = {}) => {
  const { examples: _, lines: __, produced: ___, ...counts } = compare({ produced: [row], deliveredLines: lines, nowMs, ...more });
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
};

describe("emulator: comparing produced with delivered", () => {
  it("is content with every state once, in order", () => {
    assert.deepEqual(judge(changing, [pending, delivered]), { delivered: 1, changed: 1 });
    assert.deepEqual(judge(changing, [delivered]), { delivered: 1 });
  });
  it("catches a row that is lost", () => {
    assert.deepEqual(judge(changing, []), { lost: 1 });
    assert.deepEqual(compare({ produced: [changing], deliveredLines: [], nowMs }).examples, [{ kind: "lost", key: `${changing.id}|${changing.recipient}` }]);
  });
  it("catches a line that is repeated", () => {
    assert.deepEqual(judge(changing, [pending, delivered, delivered]), { delivered: 1, changed: 1, repeated: 1 });
    assert.deepEqual(judge(changing, [pending, pending, pending, delivered]), { delivered: 1, changed: 1, repeated: 2 });
  });
  it("catches a row that stayed stale, and one that went back", () => {
    assert.deepEqual(judge(changing, [pending]), { delivered: 1, finalWrong: 1 });
    assert.deepEqual(judge(changing, [delivered, pending]), { delivered: 1, changed: 1, finalWrong: 1 });
    assert.deepEqual(judge(changing, [pending], { final: false }), { delivered: 1 });
  });
  it("catches a line that no row ever said", () => {
    assert.deepEqual(judge(changing, [pending, delivered, delivered.replace("sender@", "other@")]), { delivered: 1, changed: 1, unexpected: 1, finalWrong: 1 });
    assert.deepEqual(judge(changing, [delivered, "{\"id\":\"x\",\"recipientAddress\":\"y\"}", "no json"]), { delivered: 1, unexpected: 2 });
  });
  it("tells recipients of one message apart, without regard to case", () => {
    const other = rowOf({ id: changing.id, recipient: "Other@contoso.example" });
    assert.equal(compare({ produced: [changing, other], deliveredLines: [delivered], nowMs }).lost, 1);
    assert.equal(readTraceLine(line(other, nowMs))!.key, `${changing.id}|other@contoso.example`);
  });
  it("counts late rows, and excuses what is not due yet or beyond the horizon", () => {
    const late = rowOf({ visibleAtMs: START_MS + 2 * HOUR_MS });
    assert.deepEqual(judge(late, [line(late, nowMs)]), { delivered: 1, late: 1 });
    assert.deepEqual(judge(late, [], { dueMs: START_MS + HOUR_MS }), {});
    assert.deepEqual(judge(late, [], { horizonMs: HOUR_MS }), {});
    assert.deepEqual(judge(late, [], { horizonMs: 2 * HOUR_MS }), { lost: 1 });
    assert.deepEqual(judge(changing, [pending], { dueMs: START_MS + 59_999 }), { delivered: 1 });
    assert.deepEqual(judge(changing, [pending], { horizonMs: 59_999 }), { delivered: 1 });
    assert.deepEqual(judge(changing, [pending, delivered], { horizonMs: 1 }), { delivered: 1, changed: 1 });
    const hidden = rowOf({ visibleAtMs: nowMs + 1 });
    assert.deepEqual(compare({ produced: [hidden], deliveredLines: [], nowMs }), { produced: 0, delivered: 0, lines: 0, lost: 0, repeated: 0, late: 0, changed: 0, finalWrong: 0, unexpected: 0, examples: [] });
  });
  it("lets a state that came back be told twice", () => {
    const back = rowOf({ status: "pending", changes: [{ atMs: START_MS + 1, patch: { status: "failed" } }, { atMs: START_MS + 2, patch: { status: "pending" } }] });
    const lines = [0, 1, 2].map((after) => line(back, START_MS + after));
    assert.deepEqual(judge(back, lines), { delivered: 1, changed: 1 });
    assert.equal(judge(back, [...lines, lines[0]!])["repeated"], 1);
  });
  it("reads both APIs and all their forms, reordered, annotated and with strange fields", () => {
    const row = rowOf({ receivedTicks: 4_321, subject: null, fromIP: null, messageId: null, toIP: null });
    const visible = { row, state: stateAt(row, nowMs)! };
    const query = { from: row.received, to: row.received, top: 1, skip: 0, equal: {}, verbose: false, echo: undefined };
    const graph = graphRow(visible, true);
    const light = reportingRow(visible, query, 0, "");
    const verbose = reportingRow(visible, { ...query, verbose: true }, 0, "");
    const annotated = { receivedDateTime: graph["receivedDateTime"], ...graph, collector: { kind: "new", id: "x" }, brandNew: [1] };
    for (const form of [graph, light, verbose, annotated, { ...light, Index: 7, StartDate: "other", Received: `${String(light["Received"])}Z` }]) {
      assert.deepEqual(judge(row, [JSON.stringify(form)]), { delivered: 1 }, JSON.stringify(form));
    }
  });
  it("expects recalled from Graph, and Delivered from the reporting service", () => {
    const row = rowOf({ status: "delivered", changes: [{ atMs: START_MS + 1, patch: { status: "recalled" } }] });
    const query = { from: row.received, to: row.received, top: 1, skip: 0, equal: {}, verbose: false, echo: undefined };
    const light = JSON.stringify(reportingRow({ row, state: stateAt(row, nowMs)! }, query, 0, ""));
    assert.deepEqual(judge(row, [light]), { delivered: 1 });
    assert.deepEqual(judge(row, [light, light]), { delivered: 1, repeated: 1 });
    assert.deepEqual(judge(row, [line(row, START_MS)]), { delivered: 1, finalWrong: 1 });
    assert.deepEqual(judge(row, [line(row, START_MS), line(row, nowMs)]), { delivered: 1, changed: 1 });
  });
});

describe("emulator: its own answers against its own ledger", () => {
  const flow = { segments: [{ fromMs: START_MS - HOUR_MS, toMs: START_MS }], rowsPerSecond: 0.1, lateMsMax: HOUR_MS, changeMsMax: HOUR_MS, shareChanging: 0.3, shareRecalled: 0.1 };
  it("finds nothing amiss when everything is read at the end, by either API", async () => {
    await fc.assert(fc.asyncProperty(fc.nat(), async (seed) => {
      const r = rig({ seed, flow });
      r.clock.advance(2 * HOUR_MS);
      const graph = (await allPages(r, graphFilter(START_MS - HOUR_MS, START_MS), () => {})).length;
      const read = json(await r.graph(`${graphFilter(START_MS - HOUR_MS, START_MS)}&$top=5000`, { prefer: "include-unknown-enum-members" }))["value"] as Json[];
      const reported = json(await r.reporting(reportingFilter(START_MS - HOUR_MS, START_MS)))["value"] as Json[];
      assert.equal(read.length, graph);
      for (const rows of [read, reported]) {
        const verdict = r.emulator.compare({ deliveredLines: rows.map((row) => JSON.stringify(row)) });
        assert.deepEqual([verdict.produced, verdict.delivered, verdict.lost, verdict.repeated, verdict.finalWrong, verdict.unexpected, verdict.examples], [rows.length, rows.length, 0, 0, 0, 0, []]);
      }
    }), { numRuns: 10 });
  });
  it("finds every kind of harm done to what was read", async () => {
    const r = rig({ flow });
    r.clock.advance(2 * HOUR_MS);
    const read = (json(await r.graph(graphFilter(START_MS - HOUR_MS, START_MS), { prefer: "include-unknown-enum-members" }))["value"] as Json[]).map((row) => JSON.stringify(row));
    const verdict = r.emulator.compare({ deliveredLines: [read[3]!, ...read.slice(1)] });
    assert.deepEqual([verdict.lost, verdict.repeated], [1, 1]);
  });
});
