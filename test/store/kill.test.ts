import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openStore } from "../../service/store/index.js";
import { openSqliteDatabase } from "../../service/store/sqlite.js";
import { assertWhole } from "./committing.js";
import { CLOCK, fault } from "./harness.js";

const CHILD = fileURLToPath(new URL("./child-committing.ts", import.meta.url));
const KILLS = 10;
/** After how many commits each child is killed; Park and Miller's generator, so that a run can be had again. */
const SEED = 20_261_122;
const killPoints = Array.from({ length: KILLS }, () => SEED).map((seed, n) => {
  let state = seed;
  for (let step = 0; step <= n; step++) state = (state * 48_271) % 2_147_483_647;
  return 1 + (state % 40);
});

describe("embedded store, killed", () => {
  let folder: string;
  let child: ChildProcess | undefined;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "store-")), "data");
  });
  afterEach(async () => {
    await kill(child);
    await rm(join(folder, ".."), { recursive: true });
  });

  it(`has every acknowledged commit whole after each of ${KILLS} kills, and lets the next process in at once`, async () => {
    let acknowledged = 0;
    for (const point of killPoints) {
      child = startChild(folder);
      acknowledged = await acknowledgedAt(child, acknowledged, point);
      await kill(child);
      const store = await openStore({ kind: "embedded", folder }, { clock: CLOCK });
      acknowledged = await assertWhole(store, acknowledged);
      await store.check();
      await store.close();
    }
    const behind = openSqliteDatabase(join(folder, "collector.db"));
    assert.deepEqual(await behind.query("PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
    await behind.close();
  });

  it("says which process holds the folder", async () => {
    child = startChild(folder);
    await acknowledgedAt(child, 0, 1);
    const second = openStore({ kind: "embedded", folder }, { clock: CLOCK });
    await assert.rejects(second, fault("store-refused", new RegExp(`held by process ${child.pid} on host .* since 2026-.*COLLECTOR_DATA_DIR`)));
    await kill(child);
    await (await openStore({ kind: "embedded", folder }, { clock: CLOCK })).close();
  });
});

function startChild(folder: string): ChildProcess {
  return spawn(process.execPath, ["--import=tsx", CHILD, folder], { stdio: ["ignore", "pipe", "inherit"] });
}

/** Resolves when the child has acknowledged `count` commits beyond those known; the child goes on meanwhile, its pipe stays open. */
async function acknowledgedAt(child: ChildProcess, known: number, count: number): Promise<number> {
  assert.ok(child.stdout);
  const lines = createInterface({ input: child.stdout });
  return await new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      if (line.startsWith("open ") && Number(line.slice(5)) < known) reject(new Error(`the child began at "${line}", ${known} was acknowledged`));
      if (Number(line) >= known + count) resolve(Number(line));
    });
    lines.once("close", () => reject(new Error(`the child ended (${child.exitCode}) before its commit ${known + count}`)));
  });
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
