import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigOrigin } from "../../service/core/config-origin.js";
import type { Pull, PullTold } from "../../service/gitops/pull.js";
import { isConfigPath } from "../../service/gitops/repository.js";
import { systemClock } from "../../service/system/clock.js";
import { folderOrigin, readConfigFolder } from "../../service/system/config-folder.js";
import { pullOf } from "./pull-of.js";
import { openRig, type Rig } from "./rig.js";
import { source } from "./samples.js";

describe("pull mode from a folder", () => {
  let rig: Rig;
  let folder: string;
  let pull: Pull;
  const told: PullTold[] = [];
  const write = (path: string, value: unknown) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify(value));
  };
  beforeEach(async () => {
    rig = await openRig();
    folder = mkdtempSync(join(tmpdir(), "config-folder-"));
    write("sources/a.json", source({ name: "a" }));
    pull = pullOf(folderOrigin(folder, isConfigPath), rig, told);
    await pull.sync();
  });
  afterEach(async () => {
    await pull.stop();
    await rig.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("takes up what changes, and keeps what it has when the folder is gone", async () => {
    assert.deepEqual(rig.names(), ["a"]);
    write("sources/b.json", source({ name: "b" }));
    await pull.sync();
    assert.deepEqual(rig.names(), ["a", "b"]);
    rmSync(folder, { recursive: true });
    await pull.sync();
    assert.match(pull.state().error?.message ?? "", /cannot be read \(ENOENT\)/);
    assert.deepEqual(rig.names(), ["a", "b"]);
  });

  it("looks again by itself", async () => {
    await pull.stop();
    pull = pullOf(folderOrigin(folder, isConfigPath), rig, told, { intervalMs: 20 });
    write("sources/b.json", source({ name: "b" }));
    while (!rig.names().includes("b")) await systemClock.sleep(10);
  });

  it("waits until the folder holds still", async () => {
    let reads = 0;
    const real = folderOrigin(folder, isConfigPath);
    const busy: ConfigOrigin = { ...real, fetch: async (signal) => {
      // Somebody writes between the first reads: b is there before a is.
      reads += 1;
      if (reads === 1) write("sources/a.json", source({ name: "a", category: "half" }));
      if (reads === 2) write("sources/a.json", source({ name: "a", category: "whole" }));
      return real.fetch(signal);
    } };
    await pull.stop();
    const before = rig.starts;
    pull = pullOf(busy, rig, told);
    await pull.sync();
    assert.deepEqual([rig.definitions.get(rig.id("a"))!.config.category, rig.starts], ["whole", before + 1]);
  });

  it("follows links inside of it, as Kubernetes mounts them, and none that lead out", async () => {
    mkdirSync(join(folder, "..data"));
    writeFileSync(join(folder, "..data", "k.json"), JSON.stringify(source({ name: "k" })));
    symlinkSync("../..data/k.json", join(folder, "sources", "k.json"));
    assert.deepEqual((await readConfigFolder(folder, isConfigPath)).map(({ path }) => path), ["sources/a.json", "sources/k.json"]);
    symlinkSync("/etc/hostname", join(folder, "sources", "out.json"));
    await assert.rejects(readConfigFolder(folder, isConfigPath), /leads out/);
  });
});
