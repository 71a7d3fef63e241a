/** A data folder on a small disk that fills up: a clear fault, and on it goes when there is room. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openSqliteDatabase } from "../../service/store/sqlite.js";
import { ACCESS, Collector, isCollecting, untilShown } from "./collector.js";
import { graphDefinition, tenantOf } from "./definitions.js";
import { fileLines } from "./kill-verdict.js";
import { serveMicrosoft } from "./microsoft.js";
import type { Stage } from "./stage.js";
import { until } from "./until.js";

const SIZE_BYTES = 12 * 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;

export function describeFullDisk(stage: () => Stage): void {
  describe("a disk that fills up", () => {
    let disk: string;
    before(function () {
      disk = stage().folder("disk");
      mkdirSync(disk, { recursive: true });
      const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE_BYTES}`, "tmpfs", disk]);
      if (status === 0) return;
      process.stdout.write(`      skipped: this process may not mount a small tmpfs (${String(stderr).trim()})\n`);
      rmdirSync(disk);
      disk = "";
      this.skip();
    });
    after(() => {
      if (disk !== "") spawnSync("umount", ["--lazy", disk]);
    });

    it("is shown as a fault that passes; with room again everything arrives, and the store is whole", async () => {
      const tenant = tenantOf("full", { segments: [{ fromMs: Date.now() }], rowsPerSecond: 10, promptMsMax: 500, shareLate: 0, shareChanging: 0 });
      const microsoft = await serveMicrosoft({ seed: "full", tenants: [tenant] });
      const dataDir = join(disk, "data");
      const rows = join(dataDir, "rows", "rows-current.ndjson");
      const collector = await Collector.start({ main: stage().compiled.main, dataDir, microsoft: microsoft.url, access: ACCESS });
      const { id } = await collector.post(graphDefinition(tenant, "full", { startMs: Date.now() - 60_000, destinations: ["default"], horizonSeconds: 20 }));
      await untilShown(collector, id, "collecting", isCollecting);
      await until("a first row", () => fileLines(rows).length > 0);
      fill(join(disk, "ballast"), disk);
      const { state, recovering } = await untilShown(collector, id, "out of room", (shown) => shown.recovering !== undefined);
      assert.ok(["store-full", "destination-full"].includes(recovering!.fault), recovering!.fault);
      assert.notEqual(state, "Error");
      assert.match(recovering!.message, /No room on/);
      rmSync(join(disk, "ballast"));
      await untilShown(collector, id, "collecting again", isCollecting);
      microsoft.emulator.stopFlow();
      const hold = () => microsoft.emulator.compare({ deliveredLines: fileLines(rows) });
      await until("all rows", () => microsoft.emulator.status().tenants.every(({ produced, visible }) => produced === visible) && hold().lost === 0, hold);
      assert.equal((await collector.stop()).code, 0);
      const { lost, finalWrong, unexpected, delivered } = hold();
      assert.ok(delivered > 0);
      assert.deepEqual({ lost, finalWrong, unexpected }, { lost: 0, finalWrong: 0, unexpected: 0 });
      const database = openSqliteDatabase(join(dataDir, "collector.db"));
      assert.deepEqual(await database.query("PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
      await database.close();
      await microsoft.close();
    });
  });
}

/** Until not a block is free: the collector holds some bytes of its own, so what it frees is taken too. */
function fill(path: string, disk: string): void {
  const ballast = openSync(path, "w");
  const block = new Uint8Array(BLOCK_BYTES);
  try {
    for (let bytes = BLOCK_BYTES; bytes >= 1;) {
      try {
        writeSync(ballast, block, 0, bytes);
      } catch {
        bytes = Math.floor(bytes / 2);
      }
    }
  } finally {
    closeSync(ballast);
  }
  assert.equal(statfsSync(disk).bavail, 0);
}
