import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../service/store/index.js";
import { openSqliteDatabase } from "../../service/store/sqlite.js";
import { assertWhole, commitOf, SOURCE_ID } from "./committing.js";
import { CLOCK, fault, record } from "./harness.js";

const SIZE_BYTES = 4 * 1024 * 1024;

/** A file system of its own; undefined where this process may not mount one. */
function mountSmall(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), "store-"));
  if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE_BYTES}`, "tmpfs", path]).status === 0) return path;
  rmdirSync(path);
  return undefined;
}

describe("embedded store on a full disk (run where this process may mount a small tmpfs)", () => {
  let disk: string;
  before(function () {
    const mounted = mountSmall();
    if (mounted === undefined) return this.skip();
    disk = mounted;
  });
  after(() => {
    if (disk === undefined) return;
    spawnSync("umount", ["--lazy", disk]); // libsql closes its files when their statements are collected
    rmdirSync(disk);
  });

  it("stops with store-full, keeps what was acknowledged, and goes on by itself when there is room", async () => {
    const folder = join(disk, "data");
    const store = await openStore({ kind: "embedded", folder }, { clock: CLOCK });
    await store.insertSource(record(SOURCE_ID));
    let revision = await store.commit(SOURCE_ID, 0, commitOf(1));
    await store.saveGrant("app", { refreshToken: "token-1" });
    const ballast = join(disk, "ballast");
    await writeFile(ballast, new Uint8Array(2 * 1024 * 1024));

    const untilRefused = async (): Promise<never> => {
      for (;;) revision = await store.commit(SOURCE_ID, revision, commitOf(revision + 1));
    };
    await assert.rejects(untilRefused(), fault("store-full"));
    await assert.rejects(store.commit(SOURCE_ID, revision, commitOf(revision + 1)), fault("store-full"));
    assert.equal((await store.progress(SOURCE_ID)).revision, revision);

    await rm(ballast);
    revision = await store.commit(SOURCE_ID, revision, commitOf(revision + 1));
    await store.saveGrant("app", { refreshToken: `token-${revision}` });
    assert.equal(await assertWhole(store, revision), revision);
    await store.close();

    const again = await openStore({ kind: "embedded", folder }, { clock: CLOCK });
    assert.equal(await assertWhole(again, revision), revision);
    await again.close();
    const behind = openSqliteDatabase(join(folder, "collector.db"));
    assert.deepEqual(await behind.query("PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
    await behind.close();
  });
});
