import assert from "node:assert/strict";
import { assert as check, asyncProperty, jsonValue } from "fast-check";
import type { Bucket, Commit } from "../../service/ports.js";
import { BUCKET_MS, TIMELESS_BUCKET_MS } from "../../service/core/fingerprints.js";
import type { Subject } from "./contract.js";
import { fault, record } from "./harness.js";

const DAY_MS = 86_400_000;
const START_MS = 1_790_000_100_000;

function commit(changes: Partial<Commit> = {}): Commit {
  return { coverage: { spans: [[1, 2]] }, totals: { rows: 1 }, buckets: [], ...changes };
}

function bucket(startMs: number, ...bytes: number[]): Bucket {
  return { startMs, blob: new Uint8Array(bytes) };
}

export function progressContract(subject: Subject): void {
  beforeEach(async () => {
    await subject.opened.store.insertSource(record(1));
    await subject.opened.store.insertSource(record(2));
  });
  const starts = async (sourceId: number): Promise<number[]> => (await subject.opened.store.buckets(sourceId, -Infinity, Infinity)).map(({ startMs }) => startMs);

  it("knows nothing before the first commit", async () => {
    const { store } = subject.opened;
    for (const id of [1, 404]) {
      assert.deepEqual(await store.progress(id), { revision: 0, coverage: undefined, totals: undefined });
      assert.deepEqual(await store.partial(id), {});
    }
  });

  it("counts revisions from 1 and gives back what was committed", async () => {
    const { store } = subject.opened;
    assert.equal(await store.commit(1, 0, commit()), 1);
    assert.equal(await store.commit(1, 1, commit({ coverage: "second", totals: null })), 2);
    assert.deepEqual(await store.progress(1), { revision: 2, coverage: "second", totals: null });
    assert.equal((await store.progress(2)).revision, 0);
  });

  it("gives back any JSON", async () => {
    const { store } = subject.opened;
    let revision = 0;
    await check(asyncProperty(jsonValue(), jsonValue(), async (coverage, totals) => {
      revision = await store.commit(1, revision, commit({ coverage, totals }));
      const kept = await store.progress(1);
      assert.deepEqual(kept, JSON.parse(JSON.stringify({ revision, coverage, totals })));
    }), { numRuns: 50 });
  });

  it("refuses a commit on another revision and changes nothing", async () => {
    const { store } = subject.opened;
    await store.commit(1, 0, commit({ buckets: [bucket(0, 1)], partial: { a: new Uint8Array([1]) } }));
    const before = [await store.progress(1), await store.buckets(1, 0, 1), await store.partial(1)];
    const late = commit({ coverage: "late", buckets: [bucket(0, 9), bucket(5, 9)], partial: {}, forgetBeforeMs: DAY_MS, forget: { startMs: 0, endMs: DAY_MS } });
    for (const revision of [0, 2, 99]) await assert.rejects(store.commit(1, revision, late), fault("fenced", /source 1/));
    assert.deepEqual([await store.progress(1), await store.buckets(1, 0, 1), await store.partial(1)], before);
    assert.deepEqual(await starts(1), [0]);
  });

  it("lets one of two simultaneous commits through", async () => {
    const { store } = subject.opened;
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map((n) => store.commit(1, 0, commit({ coverage: n, buckets: [bucket(0, n)] }))));
    assert.deepEqual(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    const { coverage, revision } = await store.progress(1);
    assert.equal(revision, 1);
    assert.deepEqual(await store.buckets(1, 0, 1), [bucket(0, Number(coverage))]);
  });

  it("changes nothing when a part of a commit cannot be kept", async () => {
    const { store } = subject.opened;
    await store.commit(1, 0, commit({ coverage: "first", buckets: [bucket(0, 1)] }));
    const broken = commit({ coverage: "broken", buckets: [bucket(0, 2), { startMs: Number.NaN, blob: new Uint8Array() }] });
    await assert.rejects(store.commit(1, 1, broken));
    assert.deepEqual(await store.progress(1), { revision: 1, coverage: "first", totals: { rows: 1 } });
    assert.deepEqual(await store.buckets(1, 0, 1), [bucket(0, 1)]);
    assert.equal(await store.commit(1, 1, commit()), 2);
  });

  it("reads the buckets that start in a half-open interval, in order", async () => {
    const { store } = subject.opened;
    await store.commit(1, 0, commit({ buckets: [bucket(START_MS + 2, 3), bucket(START_MS, 1), bucket(START_MS + 1), bucket(-5, 9), bucket(TIMELESS_BUCKET_MS, 4)] }));
    await store.commit(2, 0, commit({ buckets: [bucket(START_MS, 7)] }));
    assert.deepEqual(await store.buckets(1, START_MS, START_MS + 2), [bucket(START_MS, 1), bucket(START_MS + 1)]);
    assert.deepEqual(await store.buckets(1, START_MS + 0.5, START_MS + 1.5), [bucket(START_MS + 1)]);
    assert.deepEqual(await starts(1), [-5, START_MS, START_MS + 1, START_MS + 2, TIMELESS_BUCKET_MS]);
    assert.deepEqual(await store.buckets(2, START_MS, START_MS + 1), [bucket(START_MS, 7)]);
  });

  it("keeps large buckets byte for byte and replaces them", async () => {
    const { store } = subject.opened;
    const large = Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * 31) % 251);
    await store.commit(1, 0, commit({ buckets: [bucket(0, 1), { startMs: 0, blob: large.subarray(0, 2_999_999) }] }));
    const [kept] = await store.buckets(1, 0, 1);
    assert.ok(kept && Buffer.from(kept.blob).equals(large.subarray(0, 2_999_999)));
  });

  it("forgets what starts before an instant, also of the same commit", async () => {
    const { store } = subject.opened;
    await store.commit(1, 0, commit({ buckets: [bucket(10), bucket(20), bucket(30)] }));
    await store.commit(2, 0, commit({ buckets: [bucket(10)] }));
    await store.commit(1, 1, commit({ buckets: [bucket(15), bucket(25)], forgetBeforeMs: 20 }));
    assert.deepEqual(await starts(1), [20, 25, 30]);
    assert.deepEqual(await starts(2), [10]);
  });

  it("forgets the buckets that overlap a window, and keeps those that the commit brings", async () => {
    const { store } = subject.opened;
    const at = (index: number): number => index * BUCKET_MS;
    await store.commit(1, 0, commit({ buckets: [0, 1, 2, 3, 4].map((index) => bucket(at(index), 1)) }));
    await store.commit(1, 1, commit({ buckets: [bucket(at(2), 2)], forget: { startMs: at(2) - 1, endMs: at(3) + 1 } }));
    assert.deepEqual(await store.buckets(1, 0, at(9)), [bucket(0, 1), bucket(at(2), 2), bucket(at(4), 1)]);
    await store.commit(1, 2, commit({ forget: { startMs: at(1), endMs: at(4) } }));
    assert.deepEqual(await starts(1), [0, at(4)]);
  });

  it("replaces partial takes as a whole, and leaves them where a commit has none", async () => {
    const { store } = subject.opened;
    const [one, two] = [new Uint8Array([1]), new Uint8Array(0)];
    await store.commit(1, 0, commit({ partial: { a: one, "b / ü": two } }));
    await store.commit(1, 1, commit());
    assert.deepEqual(await store.partial(1), { a: one, "b / ü": two });
    await store.commit(1, 2, commit({ partial: { a: two } }));
    assert.deepEqual(await store.partial(1), { a: two });
    await store.commit(1, 3, commit({ partial: {} }));
    assert.deepEqual(await store.partial(1), {});
  });
}
