import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Fault, type FaultCode } from "../../service/core/fault.js";
import { systemDisk } from "../../service/system/disk.js";

const CHILD = fileURLToPath(new URL("append-forever.ts", import.meta.url));
const isFault = (code: FaultCode) => (error: unknown) => error instanceof Fault && error.code === code;

describe("disk", () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "disk-"))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("appends, tells the size, and goes on where the file ended", async () => {
    const path = join(folder, "new", "folder", "a.ndjson");
    const first = await systemDisk.append(path);
    await first.write(Buffer.from("ä\n"));
    assert.equal(first.sizeBytes, 3);
    await first.sync();
    await first.close();
    const second = await systemDisk.append(path);
    assert.equal(second.sizeBytes, 3);
    await second.write(Buffer.from("b\n"));
    await second.close();
    assert.equal(await readFile(path, "utf8"), "ä\nb\n");
  });

  for (const [what, before, after] of [
    ["a torn line", "1\n2\n{to", "1\n2\n"],
    ["a torn line longer than what is read at once", `1\n${"x".repeat(200_000)}`, "1\n"],
    ["nothing but a torn line", "x".repeat(70_000), ""],
    ["a whole file", "1\n2\n", "1\n2\n"],
    ["an empty file", "", ""],
    ["a line feed at the border of what is read at once", `${"y".repeat(99)}\n${"x".repeat(65_536)}`, `${"y".repeat(99)}\n`],
  ] as const) {
    it(`opens ${what} at the end of the last whole line`, async () => {
      const path = join(folder, "a");
      await writeFile(path, before);
      const file = await systemDisk.append(path);
      assert.equal(file.sizeBytes, after.length);
      await file.close();
      assert.equal(await readFile(path, "utf8"), after);
    });
  }

  it("renames, lists in order, and lists nothing where no folder is", async () => {
    await writeFile(join(folder, "b"), "");
    await writeFile(join(folder, "c"), "");
    await systemDisk.rename(join(folder, "c"), join(folder, "a"));
    assert.deepEqual(await systemDisk.list(folder), ["a", "b"]);
    assert.deepEqual(await systemDisk.list(join(folder, "none")), []);
    await assert.rejects(systemDisk.rename(join(folder, "none"), join(folder, "x")), isFault("destination-error"));
    await assert.rejects(systemDisk.list(join(folder, "a")), isFault("destination-error"));
  });

  it("compresses in place, and leaves the original alone when it cannot", async () => {
    await writeFile(join(folder, "a"), "row\n".repeat(10_000));
    await mkdir(join(folder, "taken.gz"));
    await assert.rejects(systemDisk.gzip(join(folder, "a"), join(folder, "taken.gz")), isFault("destination-error"));
    assert.deepEqual(await readdir(folder), ["a", "taken.gz"]);
    await systemDisk.gzip(join(folder, "a"), join(folder, "a.gz"));
    assert.deepEqual(await readdir(folder), ["a.gz", "taken.gz"]);
    assert.equal(gunzipSync(await readFile(join(folder, "a.gz"))).toString(), "row\n".repeat(10_000));
  });

  it("answers with the errno code and the path when it may not write", async () => {
    await writeFile(join(folder, "file"), "");
    await assert.rejects(systemDisk.append(join(folder, "file", "a")), (error) => isFault("destination-error")(error) && /ENOTDIR|EEXIST/.test((error as Error).message));
  });

  it("takes back a write that only half fits (file size limit), leaving whole lines only", async () => {
    const path = join(folder, "a");
    // 20 blocks of 1,024 bytes (bash) or 512 (POSIX sh): no multiple of a write of 5 lines either way.
    const out = execFileSync("bash", ["-c", `ulimit -f 20 && exec "${process.execPath}" --import=tsx "${CHILD}" "${path}"`], { encoding: "utf8" }).trim().split("\n");
    assert.match(out.at(-1) ?? "", /^destination-full: .*EFBIG/);
    const durable = Number(out.at(-2));
    assert.ok(durable > 0);
    assert.deepEqual(numbers(await readFile(path, "utf8")), upTo(durable));
  });

  it("has every line it acknowledged after kill -9, and only whole lines when opened again", async () => {
    const path = join(folder, "a");
    for (const killAfter of [1, 4, 9]) {
      await rm(path, { force: true });
      const durable = await killedAfter(path, killAfter);
      const file = await systemDisk.append(path);
      await file.close();
      const left = numbers(await readFile(path, "utf8"));
      assert.ok(left.length >= durable, `${left.length} lines of ${durable} acknowledged`);
      assert.deepEqual(left, upTo(left.length));
    }
  });

  it("stops on a full disk without a torn line, and goes on when there is room", async function () {
    const mount = join(folder, "small");
    await mkdir(mount);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", mount], { stdio: "ignore" });
    } catch {
      // Mounting needs root and the right to mount, which test machines rarely give.
      this.test!.title += " (skipped: a tmpfs cannot be mounted here)";
      this.skip();
    }
    try {
      await writeFile(join(mount, "ballast"), Buffer.alloc(40_000));
      const file = await systemDisk.append(join(mount, "a"));
      await file.write(Buffer.from(`${"1".repeat(9_999)}\n`));
      await file.sync();
      for (let i = 0; i < 2; i += 1) await assert.rejects(file.write(Buffer.from(`${"2".repeat(29_999)}\n`)), isFault("destination-full"));
      assert.equal(file.sizeBytes, 10_000);
      assert.equal((await stat(join(mount, "a"))).size, 10_000);
      await rm(join(mount, "ballast"));
      await file.write(Buffer.from(`${"2".repeat(29_999)}\n`));
      await file.sync();
      await file.close();
      assert.equal(await readFile(join(mount, "a"), "utf8"), `${"1".repeat(9_999)}\n${"2".repeat(29_999)}\n`);
      // Nor does compressing leave half a file behind.
      await writeFile(join(mount, "ballast"), Buffer.alloc(20_000));
      await writeFile(join(mount, "noise"), execFileSync("head", ["-c", "4000", "/dev/urandom"]));
      await writeFile(join(mount, "rest"), Buffer.alloc(200_000)).catch(() => undefined);
      await assert.rejects(systemDisk.gzip(join(mount, "noise"), join(mount, "noise.gz")), isFault("destination-full"));
      assert.deepEqual((await readdir(mount)).filter((name) => name.startsWith("noise")), ["noise"]);
    } finally {
      execFileSync("umount", ["-l", mount]);
    }
  });
});

function numbers(text: string): number[] {
  return text.split("\n").slice(0, -1).map((line) => Number(line.split(" ")[0]));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Kills the child when it has said this many times that lines are durable; gives the last number it said. */
async function killedAfter(path: string, count: number): Promise<number> {
  const child = spawn(process.execPath, ["--import=tsx", CHILD, path], { stdio: ["ignore", "pipe", "inherit"] });
  const said: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(Number(line));
    if (said.length === count) child.kill("SIGKILL");
  }
  return said.at(-1) ?? 0;
}
