import assert from "node:assert/strict";
import type { CollectorRecord } from "../../service/core/administration.js";
import type { Subject } from "./contract.js";
import { fault, record } from "./harness.js";

const folder = (id: number, changes: Partial<CollectorRecord> = {}): CollectorRecord => ({ id, revision: 1, name: `folder ${id}`, timeZone: "Etc/UTC", fields: {}, createdMs: 5, changedMs: 6, stopping: false, ...changes });

export function changeContract(subject: Subject): void {
  const opened = () => subject.opened.store;

  it("changes definitions and documents together", async () => {
    const store = opened();
    await store.insertSource(record(1));
    const next = record(1, { revision: 2, paused: true });
    assert.equal(await store.document("x"), undefined);
    assert.equal(await store.changeTogether({ inserted: [record(2)], replaced: [{ record: next, expectedRevision: 1 }], documents: { x: { a: [1, null, "\u0000"] } } }), true);
    assert.deepEqual(await store.sources(), [next, record(2)]);
    assert.deepEqual(await store.document("x"), { a: [1, null, "\u0000"] });
    assert.equal((await store.progress(2)).revision, 0);
    assert.equal(await store.changeTogether({ inserted: [], replaced: [], documents: { x: 7 } }), true);
    assert.equal(await store.document("x"), 7);
  });

  it("changes nothing when one revision is not the expected one", async () => {
    const store = opened();
    await store.insertSource(record(1));
    await store.insertSource(record(2));
    const replaced = [{ record: record(1, { revision: 2 }), expectedRevision: 1 }, { record: record(2, { revision: 9 }), expectedRevision: 8 }];
    assert.equal(await store.changeTogether({ inserted: [record(3)], replaced, documents: { x: 1 } }), false);
    assert.deepEqual(await store.sources(), [record(1), record(2)]);
    assert.equal(await store.document("x"), undefined);
  });

  it("changes nothing when one statement fails, and goes on afterwards", async () => {
    const store = opened();
    await store.insertSource(record(1));
    await assert.rejects(store.changeTogether({ inserted: [record(2), record(1)], replaced: [], documents: { x: 1 } }), fault("store-failed"));
    assert.deepEqual(await store.sources(), [record(1)]);
    assert.equal(await store.changeTogether({ inserted: [record(2)], replaced: [], documents: {} }), true);
    assert.deepEqual((await store.sources()).map(({ id }) => id), [1, 2]);
  });

  it("changes collectors with them; a name that one gives up is free for another", async () => {
    const store = opened();
    await store.insertCollector(folder(1));
    await store.insertSource(record(1, { collectorId: 1 }));
    const leaving = folder(1, { revision: 2, name: "\t1", stopping: true });
    const set = { inserted: [], replaced: [{ record: record(1, { revision: 2, collectorId: 2 }), expectedRevision: 1 }], documents: { x: 1 }, collectors: { inserted: [folder(2, { name: "folder 1" })], replaced: [{ record: leaving, expectedRevision: 1 }] } };
    assert.equal(await store.changeTogether(set), true);
    assert.deepEqual([await store.collectors(), await store.sources(), await store.document("x")], [[leaving, folder(2, { name: "folder 1" })], [record(1, { revision: 2, collectorId: 2 })], 1]);
  });

  it("changes nothing when a collector has another revision, or its name is taken", async () => {
    const store = opened();
    await store.insertCollector(folder(1));
    await store.insertCollector(folder(2));
    const inserted = [record(1)];
    const stale = { inserted: [folder(3)], replaced: [{ record: folder(1, { revision: 2, name: "new" }), expectedRevision: 1 }, { record: folder(2, { revision: 9 }), expectedRevision: 8 }] };
    assert.equal(await store.changeTogether({ inserted, replaced: [], documents: { x: 1 }, collectors: stale }), false);
    const taken = { inserted: [folder(3), folder(4, { name: "folder 2" })], replaced: [] };
    await assert.rejects(store.changeTogether({ inserted, replaced: [], documents: { x: 1 }, collectors: taken }), fault("store-failed"));
    assert.deepEqual([await store.collectors(), await store.sources(), await store.document("x")], [[folder(1), folder(2)], [], undefined]);
  });
}
