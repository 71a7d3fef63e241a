import assert from "node:assert/strict";
import { EVENTS_MAX } from "../../service/store/records.js";
import type { Subject } from "./contract.js";
import { everythingKept, fault } from "./harness.js";

export function recordContract(subject: Subject): void {
  it("keeps the newest grant of each key, sealed", async () => {
    const { store, raw } = subject.opened;
    assert.equal(await store.grant("tenant|app"), undefined);
    await store.saveGrant("tenant|app", { refreshToken: "0.AAAA-first" });
    await store.saveGrant("tenant|other", { refreshToken: "0.AAAA-other" });
    await store.saveGrant("tenant|app", { refreshToken: "0.AAAA-second" });
    assert.deepEqual(await store.grant("tenant|app"), { refreshToken: "0.AAAA-second" });
    assert.deepEqual(await store.grant("tenant|other"), { refreshToken: "0.AAAA-other" });
    const kept = await everythingKept(raw);
    assert.ok(kept.includes("tenant|other"));
    assert.ok(!kept.includes("0.AAAA"));
    await raw("UPDATE grants SET sealed = (SELECT sealed FROM grants WHERE name = 'tenant|other') WHERE name = 'tenant|app'");
    await assert.rejects(store.grant("tenant|app"), fault("store-failed", /altered or moved/));
  });

  it("lets a code be claimed once, and again only when it was given back", async () => {
    const { store } = subject.opened;
    const claims = await Promise.all([1, 2, 3, 4].map(() => store.claimCode("hash")));
    assert.deepEqual(claims.toSorted(), [false, false, false, true]);
    assert.equal(await store.claimCode("other"), true);
    await store.releaseCode("hash");
    assert.equal(await store.claimCode("hash"), true);
    assert.equal(await store.claimCode("hash"), false);
  });

  it("keeps the requests of each budget", async () => {
    const { store } = subject.opened;
    assert.deepEqual(await store.requests("graph|tenant"), { timesMs: [], pausedUntilMs: 0 });
    await store.saveRequests("graph|tenant", { timesMs: [1, 2], pausedUntilMs: 0 });
    await store.saveRequests("graph|tenant", { timesMs: [1_790_000_000_001.5, 1_790_000_000_002], pausedUntilMs: 1_790_000_300_000 });
    assert.deepEqual(await store.requests("graph|tenant"), { timesMs: [1_790_000_000_001.5, 1_790_000_000_002], pausedUntilMs: 1_790_000_300_000 });
    assert.deepEqual(await store.requests("graph|another"), { timesMs: [], pausedUntilMs: 0 });
  });

  it("keeps access keys, oldest first", async () => {
    const { store } = subject.opened;
    assert.deepEqual(await store.accessKeys(), []);
    await store.saveAccessKey({ id: "b", hash: "scrypt$2", createdMs: 2 });
    await store.saveAccessKey({ id: "c", hash: "scrypt$1", createdMs: 1 });
    await store.saveAccessKey({ id: "b", hash: "scrypt$3", createdMs: 3 });
    assert.deepEqual(await store.accessKeys(), [{ id: "c", hash: "scrypt$1", createdMs: 1 }, { id: "b", hash: "scrypt$3", createdMs: 3 }]);
  });

  it("makes one salt of 64 bits, whoever asks first", async () => {
    const { store } = subject.opened;
    const salts = await Promise.all([1, 2, 3, 4].map(() => store.fingerprintSalt()));
    assert.match(salts[0] ?? "", /^[0-9a-f]{16}$/);
    assert.equal(new Set([...salts, await store.fingerprintSalt()]).size, 1);
  });

  it("gives events newest first, of all sources or of one", async () => {
    const { store } = subject.opened;
    const first = { atMs: 5, kind: "gap", sourceId: 1, detail: { window: [1, 2], why: "ü\u0000" } };
    const second = { atMs: 4, kind: "started", detail: null };
    const third = { atMs: 4, kind: "rewind", sourceId: 2, detail: "x" };
    for (const event of [first, second, third]) await store.appendEvent(event);
    assert.deepEqual(await store.events({ limit: 10 }), [third, second, first]);
    assert.deepEqual(await store.events({ limit: 1 }), [third]);
    assert.deepEqual(await store.events({ limit: 10, sourceId: 1 }), [first]);
    assert.deepEqual(await store.events({ limit: 0 }), []);
  });

  it("forgets the oldest events beyond a bound", async () => {
    const { store, raw } = subject.opened;
    await store.appendEvent({ atMs: 1, kind: "oldest", detail: 1 });
    const [oldest] = await raw("SELECT id FROM events");
    const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${EVENTS_MAX - 1}) SELECT 2, 'filler', '2' FROM n`;
    await raw(`INSERT INTO events (at_ms, kind, detail) ${numbers}`);
    assert.deepEqual(await raw("SELECT kind FROM events WHERE id = $1", [oldest?.["id"] ?? null]), [{ kind: "oldest" }]);
    await store.appendEvent({ atMs: 3, kind: "newest", detail: 3 });
    const [count] = await raw("SELECT count(*) AS count FROM events");
    assert.equal(count?.["count"], EVENTS_MAX);
    assert.deepEqual(await raw("SELECT kind FROM events WHERE kind = 'oldest'"), []);
  });

  it("checks that it reads and writes, and tells when it cannot", async () => {
    const { store, raw } = subject.opened;
    await store.check();
    await raw("ALTER TABLE sources RENAME TO hidden");
    await assert.rejects(store.check(), fault("store-failed", /sources/));
    await raw("ALTER TABLE hidden RENAME TO sources");
    await store.check();
  });
}
