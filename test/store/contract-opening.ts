import assert from "node:assert/strict";
import type { Subject } from "./contract.js";
import { CLOCK, fault, OTHER_SEALER, record, SEALER } from "./harness.js";

/** Of every store, also one that ends with its process. */
export function closingContract(subject: Subject): void {
  it("refuses work after close, and closes twice", async () => {
    const { store } = subject.opened;
    await store.close();
    await store.close();
    await assert.rejects(store.nextId(), fault("store-failed"));
    await assert.rejects(store.commit(1, 0, { coverage: 1, totals: 1, buckets: [] }), fault("store-failed"));
  });

  it("finishes what was asked for before close", async () => {
    const { store } = subject.opened;
    const ids = Promise.all([store.nextId(), store.nextId()]);
    const closed = store.close();
    assert.deepEqual((await ids).toSorted(), [100_000_001, 100_000_002]);
    await closed;
  });

  it("does not know one place's state in another", async () => {
    await subject.opened.store.insertSource(record(1));
    const salt = await subject.opened.store.fingerprintSalt();
    await subject.opened.close();
    await subject.place.dispose();
    subject.place = await subject.makePlace();
    subject.opened = await subject.place.open(SEALER);
    assert.deepEqual(await subject.opened.store.sources(), []);
    assert.notEqual(await subject.opened.store.fingerprintSalt(), salt);
    assert.equal(await subject.opened.store.nextId(), 100_000_001);
  });
}

/** Of stores that outlive their process. */
export function reopeningContract(subject: Subject): void {
  it("has everything when it is opened again", async () => {
    const { store } = subject.opened;
    await store.insertSource(record(1));
    await store.commit(1, 0, { coverage: [1], totals: {}, buckets: [{ startMs: 0, blob: new Uint8Array([1]) }] });
    await store.saveGrant("key", { refreshToken: "token" });
    const salt = await store.fingerprintSalt();
    await subject.opened.close();
    subject.opened = await subject.place.open(SEALER);
    const again = subject.opened.store;
    assert.deepEqual(await again.sources(), [record(1)]);
    assert.deepEqual(await again.progress(1), { revision: 1, coverage: [1], totals: {} });
    assert.deepEqual(await again.buckets(1, 0, 1), [{ startMs: 0, blob: new Uint8Array([1]) }]);
    assert.deepEqual(await again.grant("key"), { refreshToken: "token" });
    assert.equal(await again.fingerprintSalt(), salt);
  });

  it("refuses another key with the remedy, and opens with its own afterwards", async () => {
    await subject.opened.close();
    await assert.rejects(subject.place.open(OTHER_SEALER), fault("key-wrong", /COLLECTOR_ENCRYPTION_KEY.*encryption\.key/));
    subject.opened = await subject.place.open(SEALER);
    await subject.opened.store.check();
  });

  it("refuses a store that a newer version wrote", async () => {
    await subject.opened.raw("INSERT INTO migrations (number, name, applied_ms) VALUES (9999, 'from-the-future', 1)");
    await subject.opened.close();
    await assert.rejects(subject.place.open(SEALER), fault("store-refused", /newer version.*9999 "from-the-future"/));
  });

  it("runs each migration once", async () => {
    const applied = await subject.opened.raw("SELECT * FROM migrations ORDER BY number");
    assert.equal(applied[0]?.["applied_ms"], CLOCK.nowMs());
    await subject.opened.close();
    subject.opened = await subject.place.open(SEALER);
    assert.deepEqual(await subject.opened.raw("SELECT * FROM migrations ORDER BY number"), applied);
  });
}
