import assert from "node:assert/strict";
import type { ChangeStore } from "../../service/core/changes.js";
import type { SourceRecord, Store } from "../../service/ports.js";
import type { Subject } from "./contract.js";
import { fault, record } from "./harness.js";

export function changeContract(subject: Subject): void {
  const opened = () => subject.opened.store as Store & ChangeStore<SourceRecord>;

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
}
