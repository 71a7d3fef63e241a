import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate, type Migration } from "../../service/store/migrate.js";
import { MIGRATIONS } from "../../service/store/migrations/index.js";
import type { Database } from "../../service/store/database.js";
import { openSqliteDatabase } from "../../service/store/sqlite.js";
import { CLOCK, fault } from "./harness.js";

const first: Migration = { number: 1, name: "first", statements: ({ integer }) => [`CREATE TABLE a (n ${integer})`, "INSERT INTO a VALUES (1)"] };
const second: Migration = { number: 2, name: "second", statements: () => ["CREATE TABLE b AS SELECT * FROM a", "UPDATE b SET n = n + 1"] };
const broken: Migration = { number: 2, name: "broken", statements: () => ["CREATE TABLE b AS SELECT * FROM a", "UPDATE missing SET n = 1"] };

describe("migrations", () => {
  let folder: string;
  let database: Database;
  const applied = async (): Promise<unknown[]> => (await database.query("SELECT name FROM migrations ORDER BY number")).map((row) => row["name"]);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "store-"));
    database = openSqliteDatabase(join(folder, "s.db"));
  });
  afterEach(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  it("run once each, in order, also when a version brings more", async () => {
    await migrate(database, [first], CLOCK);
    await migrate(database, [first, second], CLOCK);
    await migrate(database, [first, second], CLOCK);
    assert.deepEqual(await applied(), ["first", "second"]);
    assert.deepEqual(await database.query("SELECT n FROM b"), [{ n: 2 }]);
    await assert.rejects(migrate(database, [first], CLOCK), fault("store-refused", /migration 2 "second", this version knows up to 1/));
  });

  it("leave nothing behind when one of them fails", async () => {
    await migrate(database, [first], CLOCK);
    await assert.rejects(migrate(database, [first, broken], CLOCK), fault("store-failed", /missing/));
    assert.deepEqual(await applied(), ["first"]);
    await migrate(database, [first, second], CLOCK);
    assert.deepEqual(await database.query("SELECT n FROM b"), [{ n: 2 }]);
  });

  it("are numbered without holes, and every file is in the list", async () => {
    assert.deepEqual(MIGRATIONS.map(({ number }) => number), MIGRATIONS.map((_, index) => index + 1));
    const files = await readdir(new URL("../../service/store/migrations/", import.meta.url));
    assert.deepEqual(files.filter((name) => name !== "index.ts").toSorted(), MIGRATIONS.map(({ name }) => `${name}.ts`).toSorted());
  });
});
