import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlStore } from "../../service/store/sql-store.js";
import { openSqliteDatabase, openSqliteStore } from "../../service/store/sqlite.js";
import { storeContract } from "./contract.js";
import { CLOCK, fault, record, SEALER, type MakePlace, type OpenedStore } from "./harness.js";
import type { Sealer } from "../../service/store/sealer.js";

async function openAt(path: string, sealer: Sealer): Promise<OpenedStore> {
  const database = openSqliteDatabase(path);
  const store = await openSqlStore(database, { sealer, clock: CLOCK });
  return { store, raw: database.query, close: () => store.close() };
}

const onFile: MakePlace = async () => {
  const folder = await mkdtemp(join(tmpdir(), "store-"));
  return { open: (sealer) => openAt(join(folder, "s.db"), sealer), dispose: () => rm(folder, { recursive: true }) };
};
const inMemory: MakePlace = async () => ({ open: (sealer) => openAt(":memory:", sealer), dispose: async () => undefined });

storeContract("SQLite file", onFile, true);
storeContract("SQLite memory", inMemory, false);

describe("SQLite store", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "store-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("commits durably: write-ahead log, synchronous=FULL, private files", async () => {
    const path = join(folder, "s.db");
    const { raw, store, close } = await openAt(path, SEALER);
    await store.nextId();
    assert.deepEqual(await raw("PRAGMA journal_mode"), [{ journal_mode: "wal" }]);
    assert.deepEqual(await raw("PRAGMA synchronous"), [{ synchronous: 2 }]);
    for (const file of ["s.db", "s.db-wal", "s.db-shm"]) assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600, file);
    await close();
  });

  it("stores in memory do not see each other, and nothing remains for the next one", async () => {
    const stores = await Promise.all(Array.from({ length: 12 }, () => openSqliteStore({ path: ":memory:", sealer: SEALER, clock: CLOCK })));
    for (const [index, store] of stores.entries()) await store.insertSource(record(index));
    for (const [index, store] of stores.entries()) assert.deepEqual(await store.sources(), [record(index)]);
    for (const store of stores) await store.close();
    const next = await openSqliteStore({ path: ":memory:", sealer: SEALER, clock: CLOCK });
    assert.deepEqual(await next.sources(), []);
    assert.equal(await next.nextId(), 100_000_001);
    await assert.rejects(stores[0]!.sources(), fault("store-failed", /closed/));
    await next.close();
  });

  it("refuses values that SQLite cannot keep before they reach the library", async () => {
    const { raw, close } = await openAt(join(folder, "s.db"), SEALER);
    for (const value of [undefined, true, Number.NaN, {}, 1n]) await assert.rejects(raw("SELECT $1", [value as unknown as null]), fault("defect"));
    await close();
  });

  it("refuses what is no database, and a folder that is not there, with the remedy", async () => {
    const junk = join(folder, "junk.db");
    await writeFile(junk, "not a database ".repeat(100));
    await assert.rejects(openAt(junk, SEALER), fault("store-refused", /junk\.db.*restore it from a backup/));
    await assert.rejects(openAt(join(folder, "missing", "s.db"), SEALER), fault("store-refused", /Check that the folder/));
  });

  it("goes on after a full disk, nothing half written", async () => {
    const { store, raw, close } = await openAt(join(folder, "s.db"), SEALER);
    await store.insertSource(record(1));
    const small = { coverage: "small", totals: 1, buckets: [{ startMs: 0, blob: new Uint8Array([1]) }] };
    await store.commit(1, 0, small);
    const [size] = await raw("PRAGMA page_count");
    await raw(`PRAGMA max_page_count = ${Number(size?.["page_count"]) + 5}`);
    const large = { coverage: "large", totals: 2, buckets: [{ startMs: 0, blob: new Uint8Array([2]) }, { startMs: 1, blob: new Uint8Array(500_000) }] };
    await assert.rejects(store.commit(1, 1, large), fault("store-full"));
    await assert.rejects(store.commit(1, 1, large), fault("store-full"));
    assert.deepEqual(await store.progress(1), { revision: 1, coverage: "small", totals: 1 });
    assert.deepEqual(await store.buckets(1, 0, 9), small.buckets);
    await raw("PRAGMA max_page_count = 1000000");
    assert.equal(await store.commit(1, 1, large), 2);
    assert.deepEqual(await raw("PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
    await close();
  });
});
