import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDataFolder, type DataFolder } from "../../service/store/data-folder.js";
import { openStore } from "../../service/store/index.js";
import { CLOCK, fault, record } from "./harness.js";

const KEY = Buffer.alloc(32, 5).toString("base64");

describe("data folder", () => {
  let root: string;
  let path: string;
  const open = (changes: { encryptionKey?: string } = {}): Promise<DataFolder> => openDataFolder({ path, clock: CLOCK, ...changes });
  const modeOf = async (name: string): Promise<number> => (await stat(join(path, name))).mode & 0o777;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "store-"));
    path = join(root, "deep", "data");
  });
  afterEach(() => rm(root, { recursive: true }));

  it("is made private, with a key of 32 bytes that stays", async () => {
    const first = await open();
    assert.equal(await modeOf("."), 0o700);
    assert.equal(await modeOf("encryption.key"), 0o600);
    assert.equal(await readFile(join(path, "encryption.key"), "utf8"), `${Buffer.from(first.key).toString("base64")}\n`);
    assert.equal(first.key.length, 32);
    assert.equal(first.keyIsNew, true);
    first.release();
    const second = await open();
    assert.deepEqual(second.key, first.key);
    assert.equal(second.keyIsNew, false);
    second.release();
    assert.deepEqual((await readdir(path)).toSorted(), ["collector.lock", "encryption.key"]);
  });

  it("gives each folder a key of its own", async () => {
    const first = await open();
    path = join(root, "other");
    const second = await open();
    assert.notDeepEqual(first.key, second.key);
    first.release();
    second.release();
  });

  it("leaves the mode of a folder that was there, and closes a key file that is open to others", async () => {
    await mkdir(path, { recursive: true, mode: 0o755 });
    await chmod(path, 0o755);
    await writeFile(join(path, "encryption.key"), KEY, { mode: 0o644 });
    const folder = await open();
    assert.equal(await modeOf("."), 0o755);
    assert.equal(await modeOf("encryption.key"), 0o600);
    assert.deepEqual(Buffer.from(folder.key), Buffer.alloc(32, 5));
    folder.release();
  });

  it("uses the key that is given, and makes no file for it", async () => {
    const folder = await open({ encryptionKey: KEY });
    assert.deepEqual(Buffer.from(folder.key), Buffer.alloc(32, 5));
    assert.deepEqual((await readdir(path)).filter((name) => name.endsWith(".key")), []);
    folder.release();
  });

  it("refuses what is no key, and the next start is not blocked", async () => {
    await assert.rejects(open({ encryptionKey: "short" }), fault("key-wrong", /COLLECTOR_ENCRYPTION_KEY.*openssl rand -base64 32/));
    await writeFile(join(path, "encryption.key"), "garbage\n");
    await assert.rejects(open(), fault("key-wrong", /encryption\.key does not hold/));
    await rm(join(path, "encryption.key"));
    (await open()).release();
  });

  it("does not make a second key for a store that has lost its own", async () => {
    const settings = { kind: "embedded", folder: path } as const;
    const store = await openStore(settings, { clock: CLOCK });
    await store.insertSource(record(1));
    await store.close();
    const key = await readFile(join(path, "encryption.key"), "utf8");
    await rm(join(path, "encryption.key"));
    await assert.rejects(openStore(settings, { clock: CLOCK }), fault("key-wrong", /is missing.*COLLECTOR_ENCRYPTION_KEY/));
    await assert.rejects(openStore({ ...settings, encryptionKey: KEY }, { clock: CLOCK }), fault("key-wrong", /was sealed with key/));
    const again = await openStore({ ...settings, encryptionKey: key }, { clock: CLOCK });
    assert.deepEqual(await again.sources(), [record(1)]);
    await again.close();
  });

  it("is held by one, also within a process, until it is released", async () => {
    const holder = await open();
    await assert.rejects(open(), fault("store-refused", new RegExp(`held by process ${process.pid} on host .* since 2026-09-21`)));
    await assert.rejects(open(), fault("store-refused"), "a refused start does not free the lock");
    holder.release();
    holder.release();
    const next = await open();
    holder.release();
    await assert.rejects(open(), fault("store-refused"), "the release of another does not free the lock");
    next.release();
  });

  it("says what is wrong with a place where no folder can be", async () => {
    await writeFile(join(root, "deep"), "a file");
    await assert.rejects(open(), fault("store-refused", /COLLECTOR_DATA_DIR/));
  });
});
