import assert from "node:assert/strict";
import type { Subject } from "./contract.js";
import { everythingKept, fault, record, SECRETS } from "./harness.js";

const BYTES = new Uint8Array([1, 2, 3]);

export function definitionContract(subject: Subject): void {
  it("gives nine-digit ids that are never given again", async () => {
    const { store } = subject.opened;
    assert.equal(await store.nextId(), 100_000_001);
    const ids = await Promise.all(Array.from({ length: 20 }, () => store.nextId()));
    assert.equal(new Set(ids).size, 20);
    await store.insertSource(record(100_000_021));
    await store.deleteSource(100_000_021);
    assert.equal(await store.nextId(), 100_000_022);
  });

  it("refuses a tenth digit", async () => {
    const { store, raw } = subject.opened;
    await store.nextId();
    await raw("UPDATE counters SET value = 999999998 WHERE name = 'id'");
    assert.equal(await store.nextId(), 999_999_999);
    await assert.rejects(store.nextId(), fault("store-failed", /ids are used up/));
  });

  it("gives back definitions as they were given, oldest first", async () => {
    const { store } = subject.opened;
    assert.deepEqual(await store.sources(), []);
    const second = record(100_000_002, { schemaRef: { type: "X" }, secrets: {}, paused: true, stopping: false });
    await store.insertSource(second);
    await store.insertSource(record(100_000_001));
    assert.deepEqual(await store.sources(), [record(100_000_001), second]);
  });

  it("does not insert an id twice", async () => {
    const { store } = subject.opened;
    await store.insertSource(record(1));
    await assert.rejects(store.insertSource(record(1, { revision: 9 })), fault("store-failed"));
    assert.deepEqual(await store.sources(), [record(1)]);
  });

  it("replaces a definition only at the revision that is expected", async () => {
    const { store } = subject.opened;
    await store.insertSource(record(1));
    await store.insertSource(record(2));
    const next = record(1, { revision: 2, config: { name: "b" }, secrets: { "/config/clientSecret": "another" }, changedMs: 1_790_000_001_000, paused: true });
    assert.equal(await store.replaceSource(next, 1), true);
    assert.equal(await store.replaceSource(record(1, { revision: 3 }), 1), false);
    assert.equal(await store.replaceSource(record(77), 1), false);
    assert.deepEqual(await store.sources(), [next, record(2)]);
  });

  it("lets one of two simultaneous changes through", async () => {
    const { store } = subject.opened;
    await store.insertSource(record(1));
    const both = await Promise.all([store.replaceSource(record(1, { revision: 2 }), 1), store.replaceSource(record(1, { revision: 2 }), 1)]);
    assert.deepEqual(both.toSorted(), [false, true]);
  });

  it("deletes a source with all that it knew, and nothing of another", async () => {
    const { store } = subject.opened;
    for (const id of [1, 2]) {
      await store.insertSource(record(id));
      await store.commit(id, 0, { coverage: { id }, totals: {}, buckets: [{ startMs: 0, blob: BYTES }], partial: { default: BYTES } });
    }
    await store.deleteSource(1);
    await store.deleteSource(1);
    assert.deepEqual(await store.sources(), [record(2)]);
    assert.deepEqual(await store.progress(1), { revision: 0, coverage: undefined, totals: undefined });
    assert.deepEqual(await store.buckets(1, -Infinity, Infinity), []);
    assert.deepEqual(await store.partial(1), {});
    assert.equal((await store.progress(2)).revision, 1);
    assert.equal((await store.buckets(2, -Infinity, Infinity)).length, 1);
    assert.deepEqual(await store.partial(2), { default: BYTES });
  });

  it("fences the late commit of a deleted source", async () => {
    const { store, raw } = subject.opened;
    await store.insertSource(record(1));
    await store.deleteSource(1);
    await assert.rejects(store.commit(1, 0, { coverage: 1, totals: 1, buckets: [{ startMs: 0, blob: BYTES }] }), fault("fenced"));
    assert.deepEqual(await raw("SELECT * FROM buckets"), []);
  });

  it("keeps no secret in clear, and seals the same secret differently each time", async () => {
    const { store, raw } = subject.opened;
    await store.insertSource(record(1));
    await store.insertSource(record(2));
    const kept = await everythingKept(raw);
    assert.ok(kept.includes("polling_interval"), "the search looks at what is kept");
    assert.ok(!kept.includes(String(SECRETS["/config/client_secret"])));
    assert.ok(!kept.includes("AUTH_CODE_HERE"));
    const sealed = (await raw("SELECT secrets FROM sources")).map((row) => row["secrets"]);
    assert.equal(new Set(sealed).size, 2);
  });

  it("does not open secrets that were moved to another source", async () => {
    const { store, raw } = subject.opened;
    await store.insertSource(record(1));
    await store.insertSource(record(2));
    await raw("UPDATE sources SET secrets = (SELECT secrets FROM sources WHERE id = 1) WHERE id = 2");
    await assert.rejects(store.sources(), fault("store-failed", /secrets of sources 2 was altered or moved/));
  });
}
