import assert from "node:assert/strict";
import type { AuditRecord, CollectorRecord, KeyRecord } from "../../service/core/administration.js";
import { AUDIT_MAX } from "../../service/store/administration.js";
import type { Subject } from "./contract.js";
import { fault, record } from "./harness.js";

const COLLECTOR: CollectorRecord = { id: 100_000_001, revision: 1, name: "my collector", description: "Nürnberg 😀", timeZone: "Etc/UTC", fields: { environment: "production" }, createdMs: 5, changedMs: 6, stopping: false };
const KEY: KeyRecord = { id: "suA", hash: "scrypt$1", name: "terraform", role: "editor", createdMs: 7 };
const ENTRY: AuditRecord = {
  atMs: 9,
  actor: { via: "key", id: "suA", name: "terraform" },
  address: "192.0.2.1",
  action: "source.replaced",
  target: { kind: "source", id: "100000002", name: "x\u0000\ud800" },
  from: { config: { name: "x" } },
  to: null,
};

export function administrationContract(subject: Subject): void {
  it("keeps collectors as they were given, by id, and replaces them only at the revision that is expected", async () => {
    const { store } = subject.opened;
    const bare: CollectorRecord = { id: 100_000_009, revision: 1, name: "bare", fields: {}, createdMs: 1, changedMs: 1, stopping: true };
    await store.insertCollector(bare);
    await store.insertCollector(COLLECTOR);
    assert.deepEqual(await store.collectors(), [COLLECTOR, bare]);
    const { description: _cleared, ...rest } = COLLECTOR;
    const next = { ...rest, revision: 2, name: "renamed", category: "a/b", stopping: true };
    assert.equal(await store.replaceCollector(next, 1), true);
    assert.equal(await store.replaceCollector({ ...next, revision: 3 }, 1), false);
    assert.equal(await store.replaceCollector({ ...next, id: 77, name: "other" }, 1), false);
    assert.deepEqual(await store.collectors(), [next, bare]);
    await store.deleteCollector(COLLECTOR.id);
    await store.deleteCollector(COLLECTOR.id);
    assert.deepEqual(await store.collectors(), [bare]);
  });

  it("lets no two collectors have one id or one name", async () => {
    const { store } = subject.opened;
    await store.insertCollector(COLLECTOR);
    await assert.rejects(store.insertCollector({ ...COLLECTOR, name: "another" }), fault("store-failed"));
    await assert.rejects(store.insertCollector({ ...COLLECTOR, id: 100_000_002 }), fault("store-failed"));
    assert.deepEqual(await store.collectors(), [COLLECTOR]);
  });

  it("remembers which request made a source or a collector, and forgets it with them", async () => {
    const { store } = subject.opened;
    await store.insertSource(record(1, { createdMs: 1000 }), "digest");
    await store.insertSource(record(2, { createdMs: 1000 }));
    await store.insertCollector({ ...COLLECTOR, createdMs: 2000 }, "digest");
    assert.deepEqual([await store.madeFrom("source", "digest", 1000), await store.madeFrom("source", "digest", 1001), await store.madeFrom("source", "other", 0)], [1, undefined, undefined]);
    assert.equal(await store.madeFrom("collector", "digest", 1999.5), COLLECTOR.id);
    await store.replaceSource(record(1, { revision: 2, createdMs: 1000 }), 1);
    assert.equal(await store.madeFrom("source", "digest", 0), 1);
    await store.deleteSource(1);
    await store.deleteCollector(COLLECTOR.id);
    assert.deepEqual([await store.madeFrom("source", "digest", 0), await store.madeFrom("collector", "digest", 0)], [undefined, undefined]);
  });

  it("keeps access keys with name, role, expiry and revocation, oldest first", async () => {
    const { store } = subject.opened;
    const brief: KeyRecord = { ...KEY, id: "suB", createdMs: 6, role: "reader", expiresMs: 1_890_000_000_000 };
    await store.saveKey(KEY);
    await store.saveKey(brief);
    assert.deepEqual(await store.keys(), [brief, KEY]);
    await store.saveKey({ ...KEY, role: "admin", revokedMs: 8 });
    assert.deepEqual(await store.keys(), [brief, { ...KEY, role: "admin", revokedMs: 8 }]);
    await store.deleteKey("suB");
    assert.deepEqual((await store.keys()).map(({ id }) => id), ["suA"]);
  });

  it("takes a key of the first version for an administrator's", async () => {
    const { store } = subject.opened;
    await store.saveAccessKey({ id: "suOld", hash: "scrypt$2", createdMs: 1 });
    assert.deepEqual(await store.keys(), [{ id: "suOld", hash: "scrypt$2", createdMs: 1, name: "first key", role: "admin" }]);
  });

  it("gives the audit log newest first, page by page", async () => {
    const { store } = subject.opened;
    const { from: _none, to: _neither, ...bare } = ENTRY;
    for (const atMs of [1, 2, 3]) await store.appendAudit({ ...bare, atMs });
    await store.appendAudit(ENTRY);
    const [newest, ...older] = await store.audit({ limit: 2 });
    const { number, ...shown } = newest!;
    assert.deepEqual(shown, ENTRY);
    assert.deepEqual(older.map(({ atMs }) => atMs), [3]);
    assert.deepEqual((await store.audit({ limit: 10, before: older[0]!.number })).map(({ atMs }) => atMs), [2, 1]);
    assert.ok(number > older[0]!.number);
    assert.deepEqual(await store.audit({ limit: 0 }), []);
  });

  it("bounds the audit log: the oldest entries go, and a side that is too long is replaced by its length", async () => {
    const { store, raw } = subject.opened;
    await store.appendAudit({ ...ENTRY, action: "oldest", to: "x".repeat(20_000) });
    assert.deepEqual((await store.audit({ limit: 1 }))[0]?.to, { tooLong: 20_002 });
    const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${AUDIT_MAX - 1}) SELECT 2, '{}', '', 'filler', '{}' FROM n`;
    await raw(`INSERT INTO audit (at_ms, actor, address, action, target) ${numbers}`);
    assert.equal((await raw("SELECT id FROM audit WHERE action = 'oldest'")).length, 1);
    await store.appendAudit(ENTRY);
    assert.equal((await raw("SELECT id FROM audit WHERE action = 'oldest'")).length, 0);
    assert.equal((await raw("SELECT count(*) AS count FROM audit"))[0]?.["count"], AUDIT_MAX);
  });
}
