import assert from "node:assert/strict";
import { Journal } from "../../service/collect/journal.js";
import { keyPrint, versionPrint } from "../../service/collect/takes.js";
import { cover, markGap, markStuck } from "../../service/core/coverage.js";
import { BUCKET_MS, bucketStartMs } from "../../service/core/fingerprints.js";
import { Fault } from "../../service/core/fault.js";
import { fold, type FreshRow } from "../../service/core/fold.js";
import { row } from "../core/rows.js";
import { clockAtStart, HOUR_MS, MemoryStore, SOURCE_ID, START_MS, TURN } from "./doubles.js";

const DAY_MS = 24 * HOUR_MS;
const WINDOW = { startMs: START_MS - HOUR_MS, endMs: START_MS };
const KEEP = { horizonMs: DAY_MS };

function bench() {
  const store = new MemoryStore();
  const clock = clockAtStart();
  const open = (originMs = START_MS - 2 * HOUR_MS) => Journal.open({ store, clock }, SOURCE_ID, KEEP, originMs);
  return { store, clock, open };
}
function fresh(journal: Journal, count = 3): FreshRow[] {
  const rows = Array.from({ length: count }, (_, at) => row(`m${at}|x`, START_MS - 60_000 - at));
  return fold(rows, WINDOW, journal.buckets, { ...TURN.fold, readBefore: false }, START_MS);
}
const takenOf = (rows: readonly FreshRow[]) => new Map(rows.map((row) => [keyPrint(row), versionPrint(row)]));
const forgetBefore = (store: MemoryStore) => store.commits.at(-1)!.forgetBeforeMs!;

describe("collect: journal", () => {
  it("begins at the origin, and remembers over a restart what was delivered", async () => {
    const { open } = bench();
    const journal = await open();
    assert.equal(journal.coverage.originMs, START_MS - 2 * HOUR_MS);
    await journal.turnTo(WINDOW);
    await journal.delivered(fresh(journal));
    assert.deepEqual(fresh(journal), []);
    const next = await open(0);
    await next.turnTo(WINDOW);
    assert.deepEqual(fresh(next), []);
    assert.equal(next.totals.rowsDelivered, 3);
    assert.equal((await open(5)).coverage.originMs, START_MS - 2 * HOUR_MS, "an origin counts only once");
  });

  it("is fenced: two journals of one source do not both write", async () => {
    const { open } = bench();
    const [one, other] = [await open(), await open()];
    await one.change(cover(one.coverage, WINDOW, START_MS, 1));
    await assert.rejects(other.change(other.coverage), { code: "fenced" });
    await other.reload();
    assert.deepEqual(other.coverage, one.coverage);
    await other.change(other.coverage);
  });

  it("keeps partial takes until every destination has the rows, also over a restart", async () => {
    const { open, store } = bench();
    const journal = await open();
    await journal.turnTo(WINDOW);
    const rows = fresh(journal);
    await journal.deliveredPartly(new Map([["a", takenOf(rows)], ["b", takenOf(rows.slice(0, 1))]]));
    const next = await open();
    assert.deepEqual([next.partial.get("a"), next.partial.get("b"), next.partial.has("c")], [takenOf(rows), takenOf(rows.slice(0, 1)), false]);
    await next.turnTo(WINDOW);
    await next.delivered(rows.slice(0, 1));
    assert.deepEqual([next.partial.get("a"), next.partial.has("b")], [takenOf(rows.slice(1)), false]);
    const changed = rows.slice(1).map((one) => ({ ...one, entry: { ...one.entry, content: one.entry.content ^ 1 } }));
    await next.delivered(changed);
    assert.deepEqual(store.taken, {}, "takes of a version that nobody waits for any more stay for ever");
  });

  it("what an operator wishes again is not held to be taken by anybody; what lies beside it is", async () => {
    const { open, store } = bench();
    const journal = await open();
    await journal.turnTo(WINDOW);
    const edge = bucketStartMs(START_MS - 60_000);
    const rows = fold([row("before|x", edge - 1), row("in|x", edge)], WINDOW, journal.buckets, { ...TURN.fold, readBefore: false }, START_MS);
    await journal.deliveredPartly(new Map([["a", takenOf(rows)]]));
    await journal.change(journal.coverage, {}, { startMs: edge + 1000, endMs: START_MS });
    const kept = new Map([["a", takenOf(rows.filter(({ row: { key } }) => key === "before|x"))]]);
    assert.deepEqual([journal.partial, (await open()).partial], [kept, kept]);
    store.failing = (call) => (call === "commit" ? new Fault("store-failed") : undefined);
    await assert.rejects(journal.change(journal.coverage, {}, WINDOW), { code: "store-failed" });
    assert.deepEqual(journal.partial, kept);
  });

  it("a commit that fails changes nothing in memory: partial takes and coverage stay", async () => {
    const { open, store } = bench();
    const journal = await open();
    await journal.turnTo(WINDOW);
    const rows = fresh(journal);
    await journal.deliveredPartly(new Map([["a", takenOf(rows)]]));
    store.failing = (call) => (call === "commit" ? new Fault("store-failed") : undefined);
    await assert.rejects(journal.delivered(rows), { code: "store-failed" });
    assert.equal(journal.partial.get("a")?.size, 3, "the destination would get them twice");
    assert.equal(fresh(journal).length, 3);
    const before = journal.coverage;
    await assert.rejects(journal.change(cover(before, WINDOW, START_MS, 1)), { code: "store-failed" });
    assert.equal(journal.coverage, before);
  });

  it("loads the fingerprints of a window with both its edges", async () => {
    const { open } = bench();
    const journal = await open();
    const edge = bucketStartMs(START_MS - 60_000);
    const rows = [row("a", edge - 1), row("b", edge)];
    const both = { startMs: edge - 1000, endMs: edge + 1000 };
    await journal.turnTo(both);
    await journal.delivered(fold(rows, both, journal.buckets, { ...TURN.fold, readBefore: false }, START_MS));
    await journal.turnTo(both);
    assert.deepEqual([...journal.buckets.keys()].toSorted(), [edge - BUCKET_MS, edge]);
    await journal.turnTo({ startMs: edge, endMs: edge + 1000 });
    assert.deepEqual([...journal.buckets.keys()], [edge]);
  });

  it("forgets fingerprints past the horizon, but never where a window may still be read", async () => {
    const { open, store, clock } = bench();
    const originMs = START_MS - 5 * DAY_MS;
    const journal = await open(originMs);
    const upTo = (toMs: number) => ({ startMs: originMs, endMs: toMs });
    const all = cover(journal.coverage, upTo(START_MS), START_MS, 10);
    const oldest = bucketStartMs(START_MS - DAY_MS) - BUCKET_MS;
    await journal.change(all);
    assert.equal(forgetBefore(store), oldest);
    const piece = { startMs: START_MS - 3 * DAY_MS, endMs: START_MS - 3 * DAY_MS + 1000 };
    await journal.change(markStuck(all, piece, START_MS + HOUR_MS, "bad-link"));
    assert.equal(forgetBefore(store), bucketStartMs(piece.startMs) - BUCKET_MS);
    await journal.change(cover({ ...all, spans: [] }, WINDOW, START_MS, 10));
    assert.equal(forgetBefore(store), bucketStartMs(originMs) - BUCKET_MS, "what is still to be caught up may have been read in part");
    await journal.change({ ...all, spans: [] });
    assert.equal(forgetBefore(store), bucketStartMs(originMs) - BUCKET_MS);
    await journal.change(markGap(markStuck(all, piece, START_MS, "x"), piece, "given-up", START_MS));
    assert.equal(forgetBefore(store), oldest);
    assert.equal(clock.nowMs(), START_MS);
  });

  it("a backfill that is over or was cancelled does not keep fingerprints for ever", async () => {
    const { open, store } = bench();
    const journal = await open(START_MS - HOUR_MS);
    const long = { startMs: START_MS - 9 * DAY_MS, endMs: START_MS - 8 * DAY_MS };
    const live = cover(journal.coverage, WINDOW, START_MS, 10);
    const running = { ...live, backfills: [{ ...long, id: "1", createdMs: 0, again: false }] };
    await journal.change(running);
    assert.equal(forgetBefore(store), bucketStartMs(long.startMs) - BUCKET_MS);
    await journal.change(cover(running, long, START_MS, 10));
    assert.deepEqual(journal.coverage.backfills, []);
    assert.equal(forgetBefore(store), bucketStartMs(START_MS - DAY_MS) - BUCKET_MS);
  });
});
