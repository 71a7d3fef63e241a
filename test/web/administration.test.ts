/** Access keys by API, roles, the audit log. */
import assert from "node:assert/strict";
import type { Context } from "../../service/web/context.js";
import { neededFor } from "../../service/web/route.js";
import { apiRoutes } from "../../service/web/routes/index.js";
import { CLIENT_SECRET, COLLECTOR_ID, definition, KEY, logged, NOW_MS, openBench, post, type Bench, type Sent } from "./harness.js";
import { createAccessKey, createAccessKeys, type AccessKey } from "../../service/web/access-keys.js";

interface Entry {
  number: number;
  at: string;
  actor: object;
  address: string;
  action: string;
  target: { kind: string; id: string; name: string };
  from?: Record<string, unknown>;
  to?: Record<string, unknown>;
}

describe("web: access keys by API", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const make = async (body: object): Promise<AccessKey> => {
    const reply = await bench.send("POST", "/api/v1/accessKeys", { body });
    assert.equal(reply.status, 200, reply.text);
    const { id, key } = (reply.json as { accessKey: { id: string; key: string } }).accessKey;
    return { accessId: id, accessKey: key };
  };
  const status = async (method: string, path: string, sent: Sent) => (await bench.send(method, path, sent)).status;
  const looks = (key: AccessKey) => status("GET", "/api/v1/sources", { key });

  it("are created with name, role and expiry, shown once, listed without key and hash", async () => {
    const key = await make({ name: "ci", role: "editor", expires: "2026-12-01T00:00:00Z" });
    assert.equal(await looks(key), 200);
    const { text, json } = await bench.send("GET", "/api/v1/accessKeys");
    assert.deepEqual(json, { accessKeys: [{ id: key.accessId, name: "ci", role: "editor", state: "active", created: new Date(NOW_MS).toISOString(), expires: "2026-12-01T00:00:00.000Z", revoked: null }] });
    assert.ok(!text.includes(key.accessKey) && !text.includes("scrypt"));
  });

  it("open nothing from the request after their revocation, their expiry, or another role on", async () => {
    const [revoked, expired, demoted] = [await make({ name: "a", role: "editor" }), await make({ name: "b", role: "editor" }), await make({ name: "c", role: "editor" })];
    for (const key of [revoked, expired, demoted]) assert.equal(await looks(key), 200);
    assert.equal(await status("DELETE", `/api/v1/accessKeys/${revoked.accessId}`, {}), 200);
    assert.equal(await looks(revoked), 401);
    assert.equal(await status("DELETE", `/api/v1/accessKeys/${revoked.accessId}`, {}), 200, "repeated after a lost answer");
    assert.equal(await status("PUT", `/api/v1/accessKeys/${revoked.accessId}`, { body: { name: "a", role: "editor" } }), 400, "for ever");
    assert.equal(await status("PUT", `/api/v1/accessKeys/${expired.accessId}`, { body: { name: "b", role: "editor", expires: new Date(NOW_MS).toISOString() } }), 200);
    assert.equal(await looks(expired), 401);
    assert.equal(await status("PUT", `/api/v1/accessKeys/${demoted.accessId}`, { body: { name: "c", role: "reader" } }), 200);
    assert.equal(await status("POST", "/api/v1/sources", { key: demoted, body: definition() }), 403);
    const brief = await make({ name: "d", role: "reader", expires: new Date(NOW_MS + 5000).toISOString() });
    assert.equal(await looks(brief), 200);
    bench.clock.now += 5000;
    assert.equal(await looks(brief), 401, "although it was verified a moment ago");
  });

  it("let each role do what it may and no more, on every route", async () => {
    const { id } = await post(bench);
    const keys = { reader: await make({ name: "reader", role: "reader" }), editor: await make({ name: "editor", role: "editor" }) };
    const routes = apiRoutes({ app: bench.app } as Context);
    const may = { reader: 0, editor: 0 };
    for (const [role, key] of Object.entries(keys) as [keyof typeof keys, AccessKey][]) {
      for (const route of routes) {
        const path = `/api/v1${route.path.replace(":collectorId", String(COLLECTOR_ID)).replace(":id", String(id)).replace(/:\w+/g, "x")}`;
        const needed = neededFor(route);
        const allowed = needed === "reader" || (needed === "editor" && role === "editor");
        // With If-Match, for want of which a PUT would be 403 as well.
        const got = await status(route.method, path, { key, headers: { "if-match": '"x"' }, ...(route.method === "GET" ? {} : { body: {} }) });
        assert.equal(got === 403, !allowed, `${role} ${route.method} ${path}: ${got}`);
        may[role] += Number(allowed);
      }
    }
    assert.ok(may.reader > 10 && may.editor > may.reader && may.editor < routes.length);
    for (const path of ["/", "/metrics", "/api/openapi.json"]) assert.equal(await status("GET", path, { key: keys.reader }), 200);
  });

  it("tell a caller which role he has and which he needs", async () => {
    const key = await make({ name: "dashboards", role: "reader" });
    const reply = await bench.send("POST", "/api/v1/sources", { key, body: definition() });
    assert.deepEqual([reply.status, (reply.json as { code: string }).code], [403, "forbidden"]);
    assert.match((reply.json as { message: string }).message, /needs the role editor; "dashboards" has the role reader/);
    assert.deepEqual(await bench.store.sources(), []);
  });

  it("refuse what is not a wish, and unknown ids", async () => {
    for (const body of [{}, { name: "x" }, { name: "", role: "admin" }, { name: "x", role: "root" }, { name: "x", role: "admin", expires: "tomorrow" }, { name: "x", role: "admin", expires: "2020-01-01T00:00:00Z" }, { name: "x", role: "admin", key: "mine" }, [], null]) {
      assert.equal(await status("POST", "/api/v1/accessKeys", { body }), 400, JSON.stringify(body));
    }
    for (const method of ["GET", "PUT", "DELETE"]) assert.equal(await status(method, "/api/v1/accessKeys/nobody", { body: { name: "x", role: "admin" } }), 404);
    assert.match((await bench.send("DELETE", `/api/v1/accessKeys/${KEY.accessId}`)).text, /COLLECTOR_ACCESS_ID/);
    assert.deepEqual(await bench.store.keys(), []);
  });
});

describe("web: the last administrator", () => {
  it("cannot lock everybody out, not even twice at once", async () => {
    const bench = await openBench({ web: ({ store, clock }) => ({ accessKeys: createAccessKeys({ store, clock }) }) });
    const [one, two] = [await createAccessKey(bench.store, bench.clock), await createAccessKey(bench.store, bench.clock)];
    const revoke = (key: AccessKey) => bench.send("DELETE", `/api/v1/accessKeys/${key.accessId}`, { key });
    const statuses = (await Promise.all([revoke(one), revoke(two)])).map(({ status }) => status).toSorted();
    assert.deepEqual(statuses, [200, 400]);
    const left = (await bench.store.keys()).filter(({ revokedMs }) => revokedMs === undefined);
    assert.equal(left.length, 1);
    const last = left[0]!.id === one.accessId ? one : two;
    for (const body of [{ name: "x", role: "editor" }, { name: "x", role: "admin", expires: "2027-01-01T00:00:00Z" }]) {
      const reply = await bench.send("PUT", `/api/v1/accessKeys/${last.accessId}`, { key: last, body });
      assert.match(reply.text, /last access key of an administrator/);
    }
    await bench.close();
  });
});

describe("web: audit log", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const entries = async (query = ""): Promise<{ data: Entry[]; next: string | null }> => (await bench.send("GET", `/api/v1/audit${query}`)).json;

  it("tells of every change who, what, from and to, and of nothing that was refused", async () => {
    const { path, etag, id } = await post(bench, { name: "one" });
    await bench.send("PUT", path, { headers: { "if-match": etag }, body: definition({ name: "two", clientSecret: `${CLIENT_SECRET}.new` }) });
    await bench.send("PUT", path, { headers: { "if-match": etag }, body: definition({ name: "three" }) });
    await bench.send("POST", "/api/v1/sources", { body: definition({ name: "" }) });
    for (const below of ["/pause", "/pause", "/resume", "/action/restart"]) await bench.send("POST", path + below);
    await bench.send("POST", `${path}/rewind`, { body: { to: "2026-11-22T12:00:00Z" } });
    await bench.send("POST", `${path}/rewind`, { body: { to: "2036-11-22T12:00:00Z" } });
    await bench.send("DELETE", path);
    await bench.send("DELETE", path);
    const { data } = await entries();
    assert.deepEqual(data.map(({ action }) => action), ["source.deleted", "source.rewound", "source.restarted", "source.resumed", "source.paused", "source.replaced", "source.created"]);
    const replaced = data.find(({ action }) => action === "source.replaced")!;
    assert.deepEqual(replaced.actor, { via: "settings", id: KEY.accessId, name: "settings" });
    assert.deepEqual(replaced.target, { kind: "source", id: String(id), name: "two" });
    assert.match(replaced.address, /127\.0\.0\.1$/);
    const [before, after] = [replaced.from, replaced.to].map((side) => side!["config"] as { name: string; clientSecret: string });
    assert.deepEqual([before!.name, after!.name, before!.clientSecret, after!.clientSecret], ["one", "two", "********", "********"]);
    assert.deepEqual([replaced.from?.["revision"], replaced.to?.["revision"]], [1, 2]);
  });

  it("tells of collectors and keys as well, and holds no secret and no key", async () => {
    const made = await bench.send("POST", "/api/v1/collectors", { body: { collector: { name: "c" } } });
    const { id } = (made.json as { collector: { id: number } }).collector;
    await bench.send("PUT", `/api/v1/collectors/${id}`, { headers: { "if-match": made.headers.etag ?? "" }, body: { collector: { name: "d" } } });
    await bench.send("POST", `/api/v1/collectors/${id}/sources`, { body: definition() });
    await bench.send("DELETE", `/api/v1/collectors/${id}`);
    const { accessKey } = (await bench.send("POST", "/api/v1/accessKeys", { body: { name: "k", role: "reader" } })).json as { accessKey: { id: string; key: string } };
    await bench.send("DELETE", `/api/v1/accessKeys/${accessKey.id}`);
    const { data } = await entries();
    assert.deepEqual(data.map(({ action }) => action), ["key.revoked", "key.created", "collector.deleted", "source.created", "collector.replaced", "collector.created"]);
    assert.equal((data[2]!.from!["sources"] as unknown[]).length, 1);
    const text = JSON.stringify(await bench.store.audit({ limit: 100 }));
    for (const secret of [CLIENT_SECRET, accessKey.key, "scrypt"]) assert.ok(!text.includes(secret), secret);
  });

  it("is read page by page, newest first, without holes", async () => {
    for (let at = 0; at < 5; at++) await post(bench, { name: `source ${at}` });
    const first = await entries("?limit=2");
    const second = await entries(`?limit=2&token=${first.next}`);
    const third = await entries(`?limit=2&token=${second.next}`);
    assert.deepEqual([first, second, third].flatMap(({ data }) => data.map(({ target }) => target.name)), [4, 3, 2, 1, 0].map((at) => `source ${at}`));
    assert.deepEqual([third.data.length, third.next], [1, null]);
  });

  it("that cannot be written does not take the change back, and is told in the process's log", async () => {
    const broken = await openBench({ store: { appendAudit: () => Promise.reject(new Error("no room")) } });
    const { id } = await post(broken);
    assert.equal((await broken.store.sources())[0]?.id, id);
    assert.match((await logged(broken, ({ method }) => method === "-")).path, /source\.created of source \d+ by settings/);
    await broken.close();
  });
});
