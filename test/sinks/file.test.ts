import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Fault } from "../../service/core/fault.js";
import type { Clock, Disk, Sink, SinkPorts } from "../../service/ports.js";
import { systemClock } from "../../service/system/clock.js";
import { systemDisk } from "../../service/system/disk.js";
import { batchOf, linesIn, realPorts, sinkType } from "./fixtures.js";

const never = new AbortController().signal;
const START_MS = Date.UTC(2026, 10, 22, 13, 18, 0);

describe("sink file", () => {
  let folder: string;
  let nowMs: number;
  const clock: Clock = { ...systemClock, nowMs: () => nowMs };
  const open = (config: object = {}, ports: Partial<SinkPorts> = {}): Sink =>
    sinkType("file").open("default", { path: folder, prefix: "rows", rotate_bytes: 1_000_000, rotate_seconds: 3600, gzip: false, ...config }, realPorts({ clock, ...ports }));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sink-file-"));
    nowMs = START_MS;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("puts a file aside before it would grow too big, counting within one second", async () => {
    const sink = open({ rotate_bytes: 10 });
    for (const line of ["111111", "222222", "333333"]) await sink.write(batchOf([line]), never);
    await sink.close();
    assert.deepEqual(await readdir(folder), ["rows-20261122T131800Z-1.ndjson", "rows-20261122T131800Z-2.ndjson", "rows-current.ndjson"]);
    assert.deepEqual(await linesIn(folder), ["111111", "222222", "333333"]);
  });

  it("puts a file aside when it is old, but never an empty one", async () => {
    const sink = open({ rotate_seconds: 60 });
    await sink.check(never);
    nowMs += 60_000;
    await sink.write(batchOf(["1"]), never);
    assert.deepEqual(await readdir(folder), ["rows-current.ndjson"]);
    nowMs += 59_999;
    await sink.write(batchOf(["2"]), never);
    nowMs += 120_000;
    await sink.write(batchOf(["3"]), never);
    nowMs += 59_999;
    await sink.write(batchOf(["4"]), never);
    await sink.close();
    assert.equal(await readFile(join(folder, "rows-current.ndjson"), "utf8"), "3\n4\n");
    assert.equal((await readdir(folder)).length, 3);
  });

  it("compresses what is put aside, also what a crash left behind, and nothing else", async () => {
    await writeFile(join(folder, "rows-20200101T000000Z-1.ndjson"), "old\n");
    await writeFile(join(folder, "rows-20200101T000000Z-1.ndjson.gz.part"), "half");
    await writeFile(join(folder, "rows-other-20200101T000000Z-1.ndjson"), "another sink's\n");
    const sink = open({ rotate_bytes: 4, gzip: true });
    await sink.write(batchOf(["1"]), never);
    await sink.write(batchOf(["222"]), never);
    await sink.close();
    assert.deepEqual(await readdir(folder), ["rows-20200101T000000Z-1.ndjson.gz", "rows-20261122T131800Z-1.ndjson.gz", "rows-current.ndjson", "rows-other-20200101T000000Z-1.ndjson"]);
    assert.equal(gunzipSync(await readFile(join(folder, "rows-20261122T131800Z-1.ndjson.gz"))).toString(), "1\n");
    assert.equal(gunzipSync(await readFile(join(folder, "rows-20200101T000000Z-1.ndjson.gz"))).toString(), "old\n");
  });

  it("tells with a receipt that compressing failed, keeps the file and tries again at the next rotation", async () => {
    let isFull = true;
    let tried: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (tried = resolve));
    const gzip: Disk["gzip"] = async (from, to) => {
      if (!isFull) return await systemDisk.gzip(from, to);
      setImmediate(tried);
      throw new Fault("destination-full", { detail: "ENOSPC" });
    };
    const sink = open({ rotate_bytes: 4, gzip: true }, { disk: { ...systemDisk, gzip } });
    await sink.write(batchOf(["1"]), never);
    const second = await sink.write(batchOf(["222"]), never);
    await first;
    isFull = false;
    const third = await sink.write(batchOf(["333"]), never);
    // With the receipt of the write that is under way when it fails, or with the next one; told once.
    const warnings = [second, third].flatMap(({ warning }) => warning ?? []);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /could not be compressed.*ENOSPC/);
    await sink.close();
    assert.deepEqual(await readdir(folder), ["rows-20261122T131800Z-1.ndjson.gz", "rows-20261122T131800Z-2.ndjson.gz", "rows-current.ndjson"]);
  });

  it("goes on in the file that is there, and cuts off a line that a kill left torn", async () => {
    const before = open();
    await before.write(batchOf(["1", "2"]), never);
    await before.close();
    await appendFile(join(folder, "rows-current.ndjson"), `{"torn":"${"x".repeat(200_000)}`);
    const sink = open();
    await sink.write(batchOf(["3"]), never);
    await sink.close();
    assert.equal(await readFile(join(folder, "rows-current.ndjson"), "utf8"), "1\n2\n3\n");
  });

  it("cuts a file that is one torn line to nothing", async () => {
    await writeFile(join(folder, "rows-current.ndjson"), '{"torn');
    const sink = open();
    await sink.write(batchOf(["3"]), never);
    await sink.close();
    assert.equal(await readFile(join(folder, "rows-current.ndjson"), "utf8"), "3\n");
  });

  it("refuses a second sink on the same file until the first is closed, and allows other prefixes", async () => {
    const ports = realPorts();
    const config = { path: folder, prefix: "rows", rotate_bytes: 1000, rotate_seconds: 60, gzip: false };
    const first = sinkType("file").open("a", config, ports);
    const isRefusal = (error: unknown) => error instanceof Fault && error.code === "destination-refused" && /"b" and "a"/.test(error.message);
    assert.throws(() => sinkType("file").open("b", { ...config, path: `${folder}/../${folder.split("/").at(-1)}/.` }, ports), isRefusal);
    await sinkType("file").open("c", { ...config, prefix: "more" }, ports).close();
    await first.close();
    await sinkType("file").open("b", config, ports).close();
  });

  it("does not write into a file that was deleted under it", async () => {
    const sink = open();
    await sink.write(batchOf(["1"]), never);
    await rm(join(folder, "rows-current.ndjson"));
    await assert.rejects(sink.write(batchOf(["2"]), never), (error) => error instanceof Fault && error.code === "destination-error");
    await sink.write(batchOf(["2"]), never);
    await sink.close();
    assert.deepEqual(await linesIn(folder), ["2"]);
  });

  it("syncs before it answers", async () => {
    const calls: string[] = [];
    const disk: Disk = {
      ...systemDisk,
      append: async () => ({
        sizeBytes: 0,
        write: async () => void calls.push("write"),
        sync: async () => void calls.push("sync"),
        close: async () => void calls.push("close"),
      }),
    };
    const sink = open({}, { disk });
    await sink.write(batchOf(["1"]), never);
    calls.push("answered");
    await sink.close();
    assert.deepEqual(calls, ["write", "sync", "answered", "close"]);
  });

  it("writes one batch at a time: a failed one is truncated away, and must not take another with it", async () => {
    const calls: string[] = [];
    const disk: Disk = {
      ...systemDisk,
      async append() {
        calls.push("open");
        await new Promise(setImmediate);
        return {
          sizeBytes: 0,
          async write(bytes) {
            calls.push(`write ${Buffer.from(bytes).toString().trim()}`);
            await new Promise(setImmediate);
          },
          async sync() {
            await new Promise(setImmediate);
            calls.push("sync");
          },
          close: async () => undefined,
        };
      },
    };
    const sink = open({}, { disk });
    await Promise.all(["1", "2", "3"].map((line) => sink.write(batchOf([line]), never)));
    await sink.close();
    assert.deepEqual(calls, ["open", "write 1", "sync", "write 2", "sync", "write 3", "sync"]);
  });

  it("makes files for the owner and group only", async () => {
    const sink = open({ path: join(folder, "a", "b") });
    await sink.write(batchOf(["1"]), never);
    await sink.close();
    assert.equal((await stat(join(folder, "a", "b", "rows-current.ndjson"))).mode & 0o137, 0);
    assert.equal((await stat(join(folder, "a"))).mode & 0o027, 0);
  });

  it("refuses to write after close", async () => {
    const sink = open();
    await sink.close();
    await assert.rejects(sink.write(batchOf(["1"]), never), (error) => error instanceof Fault && error.code === "destination-error");
  });
});
