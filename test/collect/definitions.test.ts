import assert from "node:assert/strict";
import { createDefinitions, DefinitionRefused, type Definitions, type Refusal } from "../../service/collect/definitions.js";
import type { Supervisor } from "../../service/collect/supervisor.js";
import type { KnownSource } from "../../service/collect/wiring.js";
import { Fault } from "../../service/core/fault.js";
import type { Store } from "../../service/ports.js";
import { sourceTypeOf } from "../../service/sources/registry.js";
import { createSealer } from "../../service/store/sealer.js";
import { openSqliteStore } from "../../service/store/sqlite.js";
import { clockAtStart, diary, half, HOUR_MS, idle, through } from "./doubles.js";

const COLLECTOR_ID = 100_000_000;
const SECRET = "Very~Secret-Value.8";
const TYPE = "MS Exchange Trace Logs";

function body(config: Readonly<Record<string, unknown>> = {}, type = TYPE): unknown {
  const ids = { clientID: "11111111-2222-3333-4444-555555555555", tenantID: "66666666-7777-8888-9999-aaaaaaaaaaaa" };
  return { schemaRef: { type }, sourceType: "Universal", config: { ...ids, clientSecret: SECRET, ...config } };
}

async function bench() {
  const clock = clockAtStart();
  const store = await openSqliteStore({ path: ":memory:", clock, sealer: createSealer(new Uint8Array(32)) });
  const diaryOf = diary();
  const done: string[] = [];
  const supervisor = { start: ({ record }: KnownSource) => void done.push(`start ${record.id}`), stop: async (id: number) => void done.push(`stop ${id}`) } as unknown as Supervisor;
  const open = (replaced: Partial<Store> = {}): Definitions =>
    createDefinitions({ store: { ...store, ...replaced }, clock, random: half, supervisor, sourceTypeOf, destinations: new Set(["default", "archive"]), observe: diaryOf.observe, graceMs: 8000 });
  return { clock, store, done, open, happenings: diaryOf.happenings };
}
async function refusal(work: Promise<unknown>): Promise<Refusal> {
  const thrown = await work.then(() => assert.fail("it was accepted"), (reason: unknown) => reason);
  assert.ok(thrown instanceof DefinitionRefused, String(thrown));
  return thrown.refusal;
}

describe("collect: definitions", () => {
  let rig: Awaited<ReturnType<typeof bench>>;
  beforeEach(async () => {
    rig = await bench();
  });
  afterEach(() => rig.store.close());

  it("creates: stored with its secrets apart, running, found again after a restart", async () => {
    const { open, store, done } = rig;
    const { source } = await open().create(COLLECTOR_ID, body());
    const [record] = await store.sources();
    assert.ok(!JSON.stringify(record!.config).includes(SECRET));
    assert.deepEqual(Object.values(record!.secrets), [SECRET]);
    assert.equal(source.config.clientSecret, SECRET);
    assert.deepEqual(done, [`start ${source.record.id}`]);
    const next = open();
    await next.start();
    assert.equal(next.get(source.record.id)?.config.clientSecret, SECRET);
    assert.equal(done.length, 2);
  });

  it("refuses what the schema refuses, and destinations that are not there, naming those that are", async () => {
    const definitions = rig.open();
    const invalid = await refusal(definitions.create(COLLECTOR_ID, body({ clientID: "nonsense" })));
    assert.ok(invalid.kind === "invalid" && invalid.problems.some(({ pointer }) => pointer === "/config/clientID"));
    const missing = await refusal(definitions.create(COLLECTOR_ID, body({ destinations: ["archive", "elsewhere"] })));
    assert.ok(missing.kind === "invalid" && missing.problems[0]!.message.includes('"elsewhere"') && missing.problems[0]!.message.includes("default, archive"));
    assert.deepEqual([await rig.store.sources(), rig.done], [[], []]);
  });

  it("makes default names unique, refuses a given name twice, also when both come at once", async () => {
    const definitions = rig.open();
    const made = await Promise.all([1, 2, 3].map(() => definitions.create(COLLECTOR_ID, body())));
    assert.deepEqual(made.map(({ source }) => source.config.name), [TYPE, `${TYPE} 2`, `${TYPE} 3`]);
    const twice = await Promise.allSettled([1, 2].map(() => definitions.create(COLLECTOR_ID, body({ name: "Mine" }))));
    assert.deepEqual(twice.map(({ status }) => status), ["fulfilled", "rejected"]);
    assert.deepEqual(await refusal(definitions.create(COLLECTOR_ID, body({ name: "Mine" }))), { kind: "name-taken", name: "Mine" });
    assert.equal((await definitions.create(COLLECTOR_ID + 1, body({ name: "Mine" }))).source.config.name, "Mine", "another collector's names are its own");
  });

  it("replaces whole, keeps a masked secret, takes a new one, and restarts the worker", async () => {
    const { open, done } = rig;
    const definitions = open();
    const { record } = (await definitions.create(COLLECTOR_ID, body({ category: "mail" }))).source;
    const masked = await definitions.replace(record.id, body({ clientSecret: "********" }), 1);
    assert.deepEqual([masked.source.config.clientSecret, masked.source.record.revision, masked.source.config.category], [SECRET, 2, undefined]);
    const changed = await definitions.replace(record.id, { source: body({ clientSecret: "Another~Secret.9" }) }, 2);
    assert.equal(changed.source.config.clientSecret, "Another~Secret.9");
    assert.deepEqual(done, [`start ${record.id}`, `stop ${record.id}`, `start ${record.id}`, `stop ${record.id}`, `start ${record.id}`]);
  });

  it("refuses a stale revision, by its own knowledge and by the store's", async () => {
    const { open } = rig;
    const [one, other] = [open(), open()];
    const { record } = (await one.create(COLLECTOR_ID, body())).source;
    await other.start();
    await other.replace(record.id, body({ category: "other" }), 1);
    assert.deepEqual(await refusal(one.replace(record.id, body({ category: "one" }), 7)), { kind: "stale" });
    assert.deepEqual(await refusal(one.replace(record.id, body({ category: "one" }), 1)), { kind: "stale" });
  });

  it("pauses and resumes, also what the config paused, and changes nothing when nothing changes", async () => {
    const definitions = rig.open();
    const { record } = (await definitions.create(COLLECTOR_ID, body({ paused: true }))).source;
    assert.equal((await definitions.pause(record.id, false)).config.paused, false);
    const paused = await definitions.pause(record.id, true);
    assert.deepEqual([paused.record.paused, paused.record.revision], [true, 3]);
    assert.equal((await definitions.pause(record.id, true)).record.revision, 3);
  });

  it("removes: durable when it answers, gone in the end, unknown from then on", async () => {
    const { open, store, done } = rig;
    const definitions = open();
    const { record } = (await definitions.create(COLLECTOR_ID, body())).source;
    const { gone } = await definitions.remove(record.id);
    assert.ok((await store.sources()).every(({ stopping }) => stopping));
    await gone;
    assert.deepEqual([await store.sources(), definitions.list(), done.at(-1)], [[], [], `stop ${record.id}`]);
    assert.deepEqual(rig.happenings, [{ kind: "deleted", sourceId: record.id }]);
    for (const change of [definitions.pause(record.id, true), definitions.restart(record.id), definitions.replace(record.id, body(), 2), definitions.remove(record.id)]) assert.deepEqual(await refusal(change), { kind: "not-found" });
  });

  it("a write that fails after it took effect is what is stored, and not done twice", async () => {
    const { store, open, done } = rig;
    const lost = new Fault("store-failed", { detail: "the answer was lost" });
    let losing = true;
    const losingAnswers: Partial<Store> = {
      insertSource: async (record) => {
        await store.insertSource(record);
        if (losing) throw lost;
      },
      replaceSource: async (record, revision) => {
        const replaced = await store.replaceSource(record, revision);
        if (losing) throw lost;
        return replaced;
      },
    };
    const definitions = open(losingAnswers);
    const { source } = await definitions.create(COLLECTOR_ID, body({ name: "Only" }));
    assert.equal((await definitions.pause(source.record.id, true)).record.revision, 2);
    losing = false;
    assert.equal((await definitions.pause(source.record.id, false)).record.revision, 3);
    assert.equal((await store.sources()).length, 1);
    assert.ok(done.filter((what) => what.startsWith("start")).length >= 1);
  });

  it("a write of which nobody knows what became is looked up before anything is made anew", async () => {
    const { store, open } = rig;
    const failing = { now: true };
    const definitions = open({
      insertSource: async (record) => {
        await store.insertSource(record);
        if (failing.now) throw new Fault("store-failed");
      },
      sources: async () => {
        if (failing.now) throw new Fault("store-failed");
        return await store.sources();
      },
    });
    await assert.rejects(definitions.create(COLLECTOR_ID, body({ name: "Only" })), /store failed/);
    assert.deepEqual(definitions.list(), []);
    failing.now = false;
    assert.deepEqual(await refusal(definitions.create(COLLECTOR_ID, body({ name: "Only" }))), { kind: "name-taken", name: "Only" });
    assert.equal(definitions.list().length, 1);
    assert.equal((await store.sources()).length, 1);
  });

  it("finishes at the start a removal that a crash interrupted", async () => {
    const { open, store, done } = rig;
    const { record } = (await open().create(COLLECTOR_ID, body())).source;
    const failing = open({ deleteSource: () => Promise.reject(new Fault("store-failed")) });
    await failing.start();
    const { gone } = await failing.remove(record.id);
    await idle();
    failing.stop();
    await assert.rejects(gone, /the collector is stopping/);
    done.length = 0;
    const next = open();
    await next.start();
    assert.deepEqual([await store.sources(), next.list(), done], [[], [], []]);
  });

  it("a removal goes on until the store does its part; the name is free from the answer on", async () => {
    const { open, store, clock, happenings } = rig;
    let failures = 9;
    const definitions = open({ deleteSource: (id) => (failures-- > 0 ? Promise.reject(new Fault("store-full")) : store.deleteSource(id)) });
    const { record } = (await definitions.create(COLLECTOR_ID, body({ name: "Only" }))).source;
    const { gone } = await definitions.remove(record.id);
    const next = await definitions.create(COLLECTOR_ID, body({ name: "Only" }));
    assert.deepEqual(definitions.list().map(({ record: { id, stopping } }) => [id, stopping]), [[record.id, true], [next.source.record.id, false]]);
    await through(clock, gone, HOUR_MS);
    assert.deepEqual((await store.sources()).map(({ id }) => id), [next.source.record.id]);
    assert.deepEqual(definitions.list().map((one) => one.record.id), [next.source.record.id]);
    assert.deepEqual(happenings.flatMap((one) => (one.kind === "fault" ? [one.code] : [])), Array.from({ length: 9 }, () => "store-full"));
  });

  it("keeps a definition that this version cannot understand, says so, and does not run it", async () => {
    const { open, store, happenings, done } = rig;
    const { record } = (await open().create(COLLECTOR_ID, body())).source;
    await store.replaceSource({ ...record, config: { ...record.config, clientID: "nonsense" }, revision: 2 }, 1);
    done.length = 0;
    await open().start();
    assert.deepEqual([happenings.map((one) => one.kind === "fault" && one.code), done, (await store.sources()).length], [["definition-invalid"], [], 1]);
  });

  it("does not change the type of a source", async () => {
    const definitions = rig.open();
    const { record } = (await definitions.create(COLLECTOR_ID, body())).source;
    const refused = await refusal(definitions.replace(record.id, body({}, "Other Logs"), 1));
    assert.ok(refused.kind === "invalid" || refused.kind === "not-modifiable");
    assert.equal(definitions.get(record.id)?.record.revision, 1);
  });
});
