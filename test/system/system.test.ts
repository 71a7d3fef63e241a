import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { Fault } from "../../service/core/fault.js";
import { systemClock } from "../../service/system/clock.js";
import { systemRandom } from "../../service/system/random.js";
import { createResolveSecret, SECRET_BYTES_MAX } from "../../service/system/secrets.js";
import { createStdout } from "../../service/system/stdout.js";

describe("clock", () => {
  it("tells the time and sleeps", async () => {
    const before = systemClock.nowMs();
    await systemClock.sleep(5);
    await systemClock.sleep(-5);
    assert.ok(systemClock.nowMs() >= before);
  });

  it("rejects with the signal's reason, before and during", async () => {
    const reason = new Error("stopping");
    await assert.rejects(systemClock.sleep(1, AbortSignal.abort(reason)), (error) => error === reason);
    const abort = new AbortController();
    const sleep = systemClock.sleep(60_000, abort.signal);
    abort.abort(reason);
    await assert.rejects(sleep, (error) => error === reason);
  });

  it("does not wake at once from a sleep that is longer than a timer can be", async () => {
    const abort = new AbortController();
    let isAwake = false;
    const sleep = systemClock.sleep(2 ** 40, abort.signal).then(() => (isAwake = true), () => undefined);
    await systemClock.sleep(30);
    assert.equal(isAwake, false);
    abort.abort();
    await sleep;
    assert.equal(isAwake, false);
  });
});

describe("random", () => {
  it("is in [0, 1) and not always the same", () => {
    const drawn = Array.from({ length: 100 }, systemRandom);
    assert.ok(drawn.every((number) => number >= 0 && number < 1));
    assert.ok(new Set(drawn).size > 50);
  });
});

describe("secrets", () => {
  const env: Record<string, string | undefined> = {};
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), "secrets-"))));
  after(() => rm(folder, { recursive: true, force: true }));
  const resolve = createResolveSecret(env);
  const unresolved = (reference: string, why: RegExp) => (error: unknown) =>
    error instanceof Fault && error.code === "secret-unresolved" && error.message.includes(reference) && why.test(error.message);

  it("gives a literal as it is", async () => {
    assert.equal(await resolve("env:not a reference\n"), "env:not a reference\n");
  });

  it("looks at the environment each time", async () => {
    env["A_SECRET"] = "one";
    assert.equal(await resolve({ secretRef: "env:A_SECRET" }), "one");
    env["A_SECRET"] = "two";
    assert.equal(await resolve({ secretRef: "env:A_SECRET" }), "two");
    for (const value of [undefined, ""]) {
      env["A_SECRET"] = value;
      await assert.rejects(resolve({ secretRef: "env:A_SECRET" }), unresolved("env:A_SECRET", /not set or empty/));
    }
  });

  it("does not give away the collector's own settings", async () => {
    env["COLLECTOR_ENCRYPTION_KEY"] = "key";
    await assert.rejects(resolve({ secretRef: "env:COLLECTOR_ENCRYPTION_KEY" }), unresolved("env:COLLECTOR_ENCRYPTION_KEY", /settings/));
  });

  it("reads a file each time and drops one line feed", async () => {
    const path = join(folder, "secret");
    for (const [content, secret] of [["one", "one"], ["two\n", "two"], ["three\r\n", "three"], ["fo ur \n\n", "fo ur \n"], ["fünf", "fünf"]] as const) {
      await writeFile(path, content);
      assert.equal(await resolve({ secretRef: `file:${path}` }), secret);
    }
    await writeFile(path, "\n");
    await assert.rejects(resolve({ secretRef: `file:${path}` }), unresolved(path, /empty/));
    await writeFile(path, "x".repeat(SECRET_BYTES_MAX));
    assert.equal((await resolve({ secretRef: `file:${path}` })).length, SECRET_BYTES_MAX);
    await writeFile(path, "SECRETVALUE".repeat(SECRET_BYTES_MAX));
    await assert.rejects(resolve({ secretRef: `file:${path}` }), (error) => unresolved(path, /larger than/)(error) && !(error as Error).message.includes("SECRETVALUE"));
  });

  it("names the reference that leads nowhere", async () => {
    await assert.rejects(resolve({ secretRef: `file:${folder}/none` }), unresolved(`file:${folder}/none`, /ENOENT/));
    await assert.rejects(resolve({ secretRef: `file:${folder}` }), unresolved(folder, /EISDIR/));
    await assert.rejects(resolve({ secretRef: "file:relative" }), unresolved("file:relative", /not absolute/));
    await assert.rejects(resolve({ secretRef: "vault:x" }), unresolved("vault:x", /neither/));
    if (process.getuid?.() === 0) return;
    await writeFile(join(folder, "closed"), "x");
    await chmod(join(folder, "closed"), 0);
    await assert.rejects(resolve({ secretRef: `file:${folder}/closed` }), unresolved("closed", /EACCES/));
  });

  it("does not read a device without an end", async () => {
    await assert.rejects(resolve({ secretRef: "file:/dev/zero" }), unresolved("/dev/zero", /larger than/));
  });
});

describe("stdout", () => {
  it("resolves when the reader took the text, not before", async () => {
    const held: (() => void)[] = [];
    const stdout = createStdout(new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void held.push(done) }));
    let isTaken = false;
    const write = stdout("a\n").then(() => (isTaken = true));
    await new Promise(setImmediate);
    assert.equal(isTaken, false);
    held[0]?.();
    await write;
  });

  it("rejects when the reader is gone, and the process lives on", async () => {
    const epipe = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
    const stdout = createStdout(new Writable({ write: (_chunk, _encoding, done) => done(epipe) }));
    await assert.rejects(stdout("a\n"), { code: "EPIPE" });
    await assert.rejects(stdout("b\n"));
  });
});
