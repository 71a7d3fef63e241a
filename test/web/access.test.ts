import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { KeyRecord } from "../../service/core/administration.js";
import { createAccessKey, createAccessKeys } from "../../service/web/access-keys.js";
import { createAttempts } from "../../service/web/attempts.js";
import { credentialsOf } from "../../service/web/authenticate.js";
import { apiRoutes } from "../../service/web/routes/index.js";
import { API_PREFIXES } from "../../service/web/routes/prefixes.js";
import type { Context } from "../../service/web/context.js";
import { basic, COLLECTOR_ID, KEY, logged, NOW_MS, openBench, type Bench } from "./harness.js";

const WRONG = { accessId: KEY.accessId, accessKey: "wrong" };

describe("web: access", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  it("needs the key on every route but the two probes", async () => {
    const { app } = bench;
    const routes = apiRoutes({ app } as Context).flatMap(({ method, path }) => API_PREFIXES.map((prefix) => [method, prefix + path] as const));
    const others = ["/", "/style.css", "/icon.svg", "/metrics", "/nowhere", "/api/v1/v1/sources", "/favicon.ico"].map((path) => ["GET", path] as const);
    const methods = (["OPTIONS", "PATCH", "PROPFIND"] as const).map((method) => [method, "/api/v1/sources"] as const);
    assert.ok(routes.length > 50);
    for (const [method, route] of [...routes, ...others, ...methods]) {
      const path = route.replace(":collectorId", String(COLLECTOR_ID)).replace(":id", "100000001").replace(":backfillId", "1");
      const reply = await bench.send(method, path, { key: null });
      assert.equal(reply.status, 401, `${method} ${path}`);
      assert.match(reply.headers["www-authenticate"] ?? "", /^Basic realm=/);
    }
    for (const probe of ["/healthz", "/readyz"]) assert.equal((await bench.send("GET", probe, { key: null })).status, 200, probe);
  });

  it("takes the given key, with its colon and beyond ASCII, and no other header", async () => {
    assert.equal((await bench.send("GET", "/api/v1/sources")).status, 200);
    const plain = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
    const wrong = [basic(WRONG), basic({ ...KEY, accessId: "other" }), plain(""), plain("no colon"), plain(":"), "Basic", "Basic !!!", `Bearer ${KEY.accessKey}`, "", `Basic ${"A".repeat(3000)}`];
    for (const authorization of wrong) {
      bench.clock.now += 60_000;
      assert.equal((await bench.send("GET", "/api/v1/sources", { key: null, headers: { authorization } })).status, 401, authorization.slice(0, 40));
    }
    assert.equal((await bench.send("GET", "/api/v1/sources", { key: null, headers: { authorization: basic(KEY).replace("Basic", "bAsIc") } })).status, 200);
  });

  it("slows guessing down with 429 and Retry-After, does not lock out who is known, and forgives after a minute", async () => {
    assert.equal((await bench.send("GET", "/api/v1/sources")).status, 200);
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 11; attempt++) statuses.push((await bench.send("GET", "/api/v1/sources", { key: WRONG })).status);
    assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 401), 429]);
    bench.clock.now += 20_000;
    const slowed = await bench.send("GET", "/api/v1/sources", { key: WRONG });
    assert.deepEqual([slowed.status, slowed.headers["retry-after"]], [429, "40"]);
    assert.equal((await bench.send("GET", "/api/v1/sources")).status, 200);
    bench.clock.now += 41_000;
    assert.equal((await bench.send("GET", "/api/v1/sources", { key: WRONG })).status, 401);
  });

  it("does not let guesses lock out a key that was right once, however long ago; a revoked one counts as a guess", async () => {
    const [used, revoked] = [await createAccessKey(bench.store, bench.clock), await createAccessKey(bench.store, bench.clock)];
    for (const key of [used, revoked]) assert.equal((await bench.send("GET", "/api/v1/sources", { key })).status, 200);
    await bench.send("DELETE", `/api/v1/accessKeys/${revoked.accessId}`);
    bench.clock.now += 3_600_000;
    for (let attempt = 0; attempt < 10; attempt++) assert.equal((await bench.send("GET", "/api/v1/sources", { key: attempt < 2 ? revoked : WRONG })).status, 401);
    assert.equal((await bench.send("GET", "/api/v1/sources", { key: revoked })).status, 429);
    assert.equal((await bench.send("GET", "/api/v1/sources", { key: used })).status, 200);
    const unused = await createAccessKey(bench.store, bench.clock);
    assert.equal((await bench.send("GET", "/api/v1/sources", { key: unused })).status, 429, "of one that never came nobody can know");
  });

  it("refuses changes that a browser sends for another site, and lets its own page and programs pass", async () => {
    const { host } = new URL(bench.url);
    const cases: [number, Record<string, string>][] = [
      [403, { "sec-fetch-site": "cross-site" }],
      [403, { "sec-fetch-site": "same-site" }],
      [403, { origin: "https://evil.example" }],
      [403, { origin: "null" }],
      [404, { "sec-fetch-site": "same-origin", origin: `http://${host}` }],
      [404, { "sec-fetch-site": "none" }],
      [404, {}],
    ];
    for (const [status, headers] of cases) assert.equal((await bench.send("POST", "/api/v1/sources/1/pause", { headers })).status, status, JSON.stringify(headers));
    assert.equal((await bench.send("GET", "/api/v1/sources", { headers: { "sec-fetch-site": "cross-site" } })).status, 200);
  });

  it("tells in the log who asked, and never the key", async () => {
    await bench.send("GET", "/api/v1/sources?token=abc");
    await bench.send("GET", "/api/v1/sources", { key: WRONG });
    const [one, two] = [await logged(bench, ({ status }) => status === 200), await logged(bench, ({ status }) => status === 401)];
    assert.deepEqual([one.path, one.accessId], ["/api/v1/sources", KEY.accessId]);
    assert.equal(two.accessId, undefined);
    assert.match(two.errorId ?? "", /^\w{5}-\w{5}-\w{5}$/);
    assert.ok(!JSON.stringify(bench.log).includes(KEY.accessKey));
  });
});

describe("web: access keys", () => {
  const clock = { now: NOW_MS, nowMs: () => clock.now, sleep: () => Promise.reject(new Error("nobody sleeps here")) };
  function memory() {
    const records: KeyRecord[] = [];
    let asked = 0;
    const save = (record: KeyRecord) => void records.splice(0, records.length, ...records.filter(({ id }) => id !== record.id), record);
    return { records, asked: () => asked, keys: async () => (asked++, [...records]), saveKey: async (record: KeyRecord) => save(record) };
  }

  it("are made long and random, kept as a salted hash, and verified", async () => {
    const store = memory();
    const one = await createAccessKey(store, clock);
    const two = await createAccessKey(store, clock);
    assert.match(one.accessId, /^su[A-Za-z0-9]{14}$/);
    assert.match(one.accessKey, /^[A-Za-z0-9]{48,}$/);
    assert.notEqual(one.accessKey, two.accessKey);
    assert.ok(!JSON.stringify(store.records).includes(one.accessKey));
    const keys = createAccessKeys({ store, clock });
    assert.deepEqual(await keys.verify(one), { via: "key", id: one.accessId, name: "first key", role: "admin" });
    assert.equal((await keys.verify(two))?.id, two.accessId);
    assert.equal(await keys.verify({ ...one, accessKey: two.accessKey }), undefined);
    assert.equal(await keys.verify({ ...one, accessId: "nobody" }), undefined);
    assert.equal(await keys.verify({ accessId: "", accessKey: "" }), undefined);
  });

  it("salts every hash: the same key twice is kept differently", async () => {
    const store = memory();
    let turn = 0;
    // Letters come from the first two calls, the salt from the third.
    const bytes = (count: number) => (++turn % 3 === 0 ? randomBytes(count) : new Uint8Array(count).fill(5));
    const [one, two] = [await createAccessKey(store, clock, undefined, bytes), await createAccessKey(store, clock, undefined, bytes)];
    assert.deepEqual([one.accessId, one.accessKey], [two.accessId, two.accessKey]);
    assert.notEqual(one.record.hash, two.record.hash);
  });

  it("are remembered for minutes once verified, and asked for again after", async () => {
    const store = memory();
    const key = await createAccessKey(store, clock);
    const keys = createAccessKeys({ store, clock });
    assert.equal(keys.known(key), undefined);
    await keys.verify(key);
    assert.equal(keys.known(key)?.id, key.accessId);
    assert.equal(keys.known({ ...key, accessKey: `${key.accessKey}x` }), undefined);
    assert.equal(store.asked(), 1);
    clock.now += 3_600_000;
    assert.equal(keys.known(key), undefined);
    store.records.length = 0;
    assert.equal(await keys.verify(key), undefined, "a key that is gone opens nothing");
  });

  it("open nothing from the instant they expire or are revoked, remembered or not", async () => {
    const store = memory();
    const [brief, revoked] = [await createAccessKey(store, clock, { name: "brief", role: "reader", expiresMs: clock.now + 1000 }), await createAccessKey(store, clock)];
    const keys = createAccessKeys({ store, clock });
    assert.equal((await keys.verify(brief))?.role, "reader");
    clock.now += 999;
    assert.ok(keys.known(brief));
    clock.now += 1;
    assert.deepEqual([keys.known(brief), await keys.verify(brief)], [undefined, undefined]);
    assert.ok(await keys.verify(revoked));
    await store.saveKey({ ...revoked.record, revokedMs: clock.now });
    keys.forget();
    assert.deepEqual([keys.known(revoked), await keys.verify(revoked)], [undefined, undefined]);
  });

  it("are not remembered when they are revoked while their hash is computed", async () => {
    const store = memory();
    const key = await createAccessKey(store, clock);
    const keys = createAccessKeys({ store, clock });
    const verifying = keys.verify(key);
    await store.saveKey({ ...key.record, revokedMs: clock.now });
    keys.forget();
    assert.deepEqual([await verifying, keys.known(key)], [undefined, undefined]);
  });

  it("given by the settings are an administrator's, beside those of the store, and ask it nothing", async () => {
    const store = memory();
    const stored = await createAccessKey(store, clock);
    const keys = createAccessKeys({ store, clock, given: KEY });
    assert.deepEqual(await keys.verify(KEY), { via: "settings", id: KEY.accessId, name: "settings", role: "admin" });
    assert.equal(store.asked(), 0);
    assert.equal((await keys.verify(stored))?.id, stored.accessId);
    assert.equal(await keys.verify(WRONG), undefined);
  });

  it("come from a Basic header", () => {
    assert.deepEqual(credentialsOf("Basic YTpiOmM="), { accessId: "a", accessKey: "b:c" });
    for (const header of [undefined, "", "Basic", "Basic YQ==", "Digest YTpi", "Basic YTpi, Basic YTpi"]) assert.equal(credentialsOf(header), undefined, header);
  });

  it("attempts are counted per IPv4 address and per IPv6 network, in bounded memory", () => {
    const attempts = createAttempts(clock);
    const exhaust = (address: string) => { for (let at = 0; at < 10; at++) assert.equal(attempts.begin(address), 0); };
    exhaust("192.0.2.1");
    assert.equal(attempts.begin("::ffff:192.0.2.1"), 60_000);
    assert.equal(attempts.begin("192.0.2.2"), 0);
    exhaust("2001:db8:1:2::1");
    assert.equal(attempts.begin("2001:db8:1:2:3:4:5:6"), 60_000);
    assert.equal(attempts.begin("2001:db8:1:3::1"), 0);
    for (let at = 0; at < 10_000; at++) attempts.begin(`198.51.${at >> 8}.${at & 255}`);
    assert.equal(attempts.begin("192.0.2.1"), 0, "the oldest tally went first");
  });

  it("a success gives its attempt back", () => {
    const attempts = createAttempts(clock);
    for (let at = 0; at < 50; at++) {
      assert.equal(attempts.begin("192.0.2.9"), 0);
      attempts.succeeded("192.0.2.9");
    }
  });
});
