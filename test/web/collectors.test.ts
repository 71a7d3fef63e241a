import assert from "node:assert/strict";
import { Fault } from "../../service/core/fault.js";
import { createCollectors } from "../../service/collect/collectors.js";
import { createDefinitions } from "../../service/collect/definitions.js";
import { sourceTypeOf } from "../../service/sources/registry.js";
import { COLLECTOR_ID, definition, openBench, type Bench, type Reply, type Sent } from "./harness.js";

interface Shown {
  collector: { id: number; name: string; description?: string; category?: string; timeZone?: string; fields: object };
}
const shown = (reply: Reply) => (reply.json as Shown).collector;

describe("web: collectors", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const create = async (collector: object): Promise<{ id: number; etag: string; path: string }> => {
    const reply = await bench.send("POST", "/api/v1/collectors", { body: { collector } });
    assert.equal(reply.status, 200, reply.text);
    return { id: shown(reply).id, etag: reply.headers.etag ?? "", path: `/api/v1/collectors/${shown(reply).id}` };
  };
  const names = async (query = "") => ((await bench.send("GET", `/api/v1/collectors${query}`)).json as { collectors: { name: string }[] }).collectors.map(({ name }) => name);

  it("has the default one always, under its fixed name, and nobody changes it", async () => {
    const reply = await bench.send("GET", `/v1/collectors/${COLLECTOR_ID}`);
    assert.deepEqual([reply.status, shown(reply).name], [200, "default"]);
    assert.equal(shown(await bench.send("GET", "/v1/collectors/name/default")).id, COLLECTOR_ID);
    const put = await bench.send("PUT", `/v1/collectors/${COLLECTOR_ID}`, { headers: { "if-match": reply.headers.etag ?? "" }, body: { collector: { name: "mine" } } });
    const removed = await bench.send("DELETE", `/v1/collectors/${COLLECTOR_ID}`);
    for (const refused of [put, removed]) assert.deepEqual([refused.status, (refused.json as { code: string }).code], [400, "CannotModifyCollector"]);
    const taken = await bench.send("POST", "/v1/collectors", { body: { collector: { name: "default" } } });
    assert.equal((taken.json as { code: string }).code, "DuplicateResourceName");
  });

  it("lists with filter, limit and offset", async () => {
    for (const name of ["a", "b", "c"]) await create({ name });
    assert.deepEqual(await names(), ["default", "a", "b", "c"]);
    assert.deepEqual(await names("?limit=2&offset=1"), ["a", "b"]);
    assert.deepEqual(await names("?offset=9"), []);
    for (const filter of ["hosted", "alive"]) assert.equal((await names(`?filter=${filter}`)).length, 4);
    for (const filter of ["installed", "dead"]) assert.deepEqual(await names(`?filter=${filter}`), []);
    assert.deepEqual(await names("?limit=10000"), await names(""), "as many as the vendor allows");
    assert.match((await bench.send("GET", "/api/v1/collectors?limit=10001")).text, /The query parameter limit must be a whole number from 1 to 10000\./);
    for (const query of ["?limit=0", "?limit=x", "?offset=-1", "?filter=all"]) assert.equal((await bench.send("GET", `/api/v1/collectors${query}`)).status, 400, query);
    assert.deepEqual((await bench.send("GET", "/api/v1/collectors/offline?aliveBeforeDays=1")).json, { collectors: [] });
  });

  const refused: [name: string, collector: unknown, code: string][] = [
    ["a name that is too long", { name: "x".repeat(129) }, "CollectorNameTooLong"],
    ["an empty name", { name: "" }, "createValidationError"],
    ["no name", { description: "x" }, "createValidationError"],
    ["a control character", { name: "a\tb" }, "createValidationError"],
    ["a lone surrogate", { name: "\ud800" }, "createValidationError"],
    ["a description that is too long", { name: "a", description: "x".repeat(1025) }, "CollectorDescriptionTooLong"],
    ["an installed collector", { name: "a", collectorType: "Installable" }, "InvalidCollectorType"],
    ["eleven fields", { name: "a", fields: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`f${at}`, "x"])) }, "createValidationError"],
    ["a field that is no text", { name: "a", fields: { b: 1 } }, "createValidationError"],
    ["a value that is too long", { name: "a", fields: { b: "x".repeat(201) } }, "createValidationError"],
    ["no time zone", { name: "a", timeZone: "Middle/Earth" }, "createValidationError"],
    ["an unknown key", { name: "a", descripton: "x" }, "createValidationError"],
    ["a list", [], "createValidationError"],
  ];
  for (const [name, collector, code] of refused) {
    it(`refuses ${name} with 400 ${code}`, async () => {
      const reply = await bench.send("POST", "/api/v1/collectors", { body: { collector } });
      assert.deepEqual([reply.status, (reply.json as { code: string }).code], [400, code], reply.text);
      assert.deepEqual(await bench.store.collectors(), []);
    });
  }

  it("tells everything that is wrong at once", async () => {
    const reply = await bench.send("POST", "/api/v1/collectors", { body: { collector: { name: "", timeZone: "Middle/Earth", fields: { a: 1 }, wat: 1 } } });
    const { errors } = reply.json as { errors: { pointer: string }[] };
    assert.deepEqual(errors.map(({ pointer }) => pointer).toSorted(), ["/collector/fields/a", "/collector/name", "/collector/timeZone", "/collector/wat"]);
  });

  it("gives back exactly what was written, defaults the time zone, takes null and empty for absent", async () => {
    const { path } = await create({ collectorType: "Hosted", name: "all", description: "d", category: "a/b", timeZone: "Europe/Berlin", fields: { _budget: "x", list: "a, b" }, ephemeral: false });
    const { id: _id, ...all } = shown(await bench.send("GET", path));
    assert.deepEqual([all.name, all.description, all.category, all.timeZone, all.fields], ["all", "d", "a/b", "Europe/Berlin", { _budget: "x", list: "a, b" }]);
    const bare = shown(await bench.send("GET", (await create({ name: "bare", description: "", category: null, timeZone: null, fields: null })).path));
    assert.deepEqual([bare.description, bare.category, bare.timeZone, bare.fields], [undefined, undefined, "Etc/UTC", {}]);
  });

  it("replaces only what the caller has seen, and a whole answer sent back changes nothing but the revision", async () => {
    const { id, etag, path } = await create({ name: "a", description: "d" });
    const put = (body: object, headers: Sent["headers"] = {}) => bench.send("PUT", path, { headers, body: { collector: body } });
    assert.equal((await put({ name: "b" })).status, 403);
    assert.equal((await put({ name: "b" }, { "if-match": '"0"' })).status, 412);
    const wrong = await put({ id: id + 1, name: "b" }, { "if-match": etag });
    assert.deepEqual([wrong.status, (wrong.json as { code: string }).code], [400, "BadRequestCollectorId"]);
    const whole = shown(await bench.send("GET", path));
    const same = await put(whole, { "if-match": etag });
    assert.equal(same.status, 200, same.text);
    assert.deepEqual(shown(same), whole);
    assert.notEqual(same.headers.etag, etag);
    assert.equal((await bench.send("GET", path, { headers: { "if-none-match": same.headers.etag ?? "" } })).status, 304);
    const cleared = await put({ name: "a" }, { "if-match": same.headers.etag ?? "" });
    assert.equal(shown(cleared).description, undefined);
  });

  it("keeps sources of collectors apart, and takes them along when it is deleted", async () => {
    const [one, two] = [await create({ name: "one" }), await create({ name: "two" })];
    const post = (path: string) => bench.send("POST", `${path}/sources`, { body: definition({ name: "same name" }) });
    const ids = [];
    for (const { path } of [one, two]) ids.push(((await post(path)).json as { source: { id: number } }).source.id);
    assert.equal(new Set(ids).size, 2, "the name is unique in its collector only");
    assert.equal((await bench.send("GET", `${two.path}/sources/${ids[0]}`)).status, 404);
    assert.equal((await bench.send("GET", `/api/v1/sources/${ids[0]}`)).status, 404);
    let release = () => undefined as void;
    bench.supervisor.held = new Promise((resolve) => (release = resolve));
    assert.deepEqual([(await bench.send("DELETE", one.path)).status, (await bench.send("GET", one.path)).status, (await bench.send("GET", `${one.path}/sources`)).status], [200, 404, 404]);
    assert.equal((await post(one.path)).status, 404);
    release();
    while ((await bench.store.collectors()).length > 1) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual((await bench.store.sources()).map(({ id }) => id), [ids[1]]);
    assert.equal((await bench.send("DELETE", one.path)).status, 200, "repeated after a lost answer");
    bench.clock.now += 3_600_000;
    assert.equal((await bench.send("DELETE", one.path)).status, 404);
  });

  it("makes no source in a collector that is deleted at the same moment", async () => {
    for (let round = 0; round < 10; round++) {
      const { id, path } = await create({ name: `round ${round}` });
      const replies = await Promise.all([bench.send("POST", `${path}/sources`, { body: definition({ name: `${round}` }) }), bench.send("DELETE", path), bench.send("POST", `${path}/sources`, { body: definition({ name: `${round} more` }) })]);
      assert.ok(replies.every(({ status }) => [200, 404].includes(status)), replies.map(({ text }) => text).join());
      while ((await bench.store.collectors()).some((collector) => collector.id === id)) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual((await bench.store.sources()).filter(({ collectorId }) => collectorId === id), []);
    }
  });

  it("finishes after a restart what a crash interrupted", async () => {
    const { id, path } = await create({ name: "gone" });
    await bench.send("POST", `${path}/sources`, { body: definition() });
    bench.supervisor.held = new Promise(() => undefined);
    await bench.send("DELETE", path);
    bench.supervisor.held = undefined;
    const { store, clock, supervisor } = bench;
    const definitions = createDefinitions({ store, clock, random: Math.random, supervisor, sourceTypeOf, destinations: new Set(["default"]), observe: () => undefined, graceMs: 1 });
    await definitions.start();
    const collectors = createCollectors({ store, clock, definitions, defaultId: COLLECTOR_ID });
    await collectors.start();
    assert.deepEqual([await store.collectors(), await store.sources(), collectors.get(id)], [[], [], undefined]);
  });
});

describe("web: deletions that fail behind the answer", () => {
  it("stay Stopping, with the name free, and go on until the store does its part", async () => {
    let broken = true;
    const bench = await openBench({
      wrap: (store) => ({
        deleteSource: (id: number) => (broken ? Promise.reject(new Fault("store-full")) : store.deleteSource(id)),
      }),
    });
    const made = await bench.send("POST", "/api/v1/sources", { body: definition({ name: "Only" }) });
    const path = `/api/v1/sources/${(made.json as { source: { id: number } }).source.id}`;
    assert.equal((await bench.send("DELETE", path)).status, 200);
    await bench.clock.asleep();
    assert.match((await bench.send("GET", path)).text, /"state":"Stopping"/);
    assert.equal((await bench.send("DELETE", path)).status, 200);
    const next = await bench.send("POST", "/api/v1/sources", { body: definition({ name: "Only" }) });
    assert.equal(next.status, 200, next.text);
    const { sources } = (await bench.send("GET", "/api/v1/sources")).json as { sources: { alive: boolean }[] };
    assert.deepEqual(sources.map(({ alive }) => alive), [true, false]);
    const files = (await bench.send("GET", "/api/v1/sources?download=true")).json as { sources: unknown[] };
    assert.equal(files.sources.length, 1);
    broken = false;
    bench.clock.ring();
    while ((await bench.send("GET", path)).status === 200) await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await bench.store.sources()).length, 1);
    await bench.close();
  });

  it("are told in the log when the collector stops before they are over", async () => {
    const bench = await openBench({ wrap: () => ({ deleteSource: () => Promise.reject(new Fault("store-full")) }) });
    const made = await bench.send("POST", "/api/v1/sources", { body: definition() });
    await bench.send("DELETE", `/api/v1/sources/${(made.json as { source: { id: number } }).source.id}`);
    await bench.clock.asleep();
    bench.app.definitions.stop();
    while (!bench.log.some(({ method }) => method === "-")) await new Promise((resolve) => setImmediate(resolve));
    await bench.close();
  });
});
