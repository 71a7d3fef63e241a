/** Configuration from files by the API of the whole service: plan, apply, export, pull mode's marks, the webhook. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { systemClock } from "../../service/system/clock.js";
import { ACCESS, runService, type RunningService } from "./service.js";
import { source, sourceIn } from "./samples.js";

const SECRET = "a-webhook-secret-of-some-length";

function bundle(objects: readonly unknown[], more: object = {}) {
  return { revision: "r1", prune: false, objects, ...more };
}
const A = { file: "sources/a.json", kind: "source", value: source({ name: "a", destinations: ["archive"] }) };
const SINK = { file: "destinations/archive.json", kind: "destination", value: { name: "archive", type: "stdout" } };

interface Marked { id: number; name: string; collector?: string; file: string; removed?: string; deleted?: string; heldBy?: string[] }
interface SourceAnswer { source: { id: number; name: string } }
interface Side { origin: { file: string; revision: string }; config?: Record<string, unknown> }
interface Audit { data: { number: number; actor: { id: string }; action: string; target: { id: string }; from?: Side; to: Side }[] }
interface SourcesAnswer { sources: { id: number; name: string }[] }

describe("configuration by the API", () => {
  let service: RunningService;
  before(async () => void (service = await runService()));
  after(() => service.stop());

  it("plans, applies, plans nothing more, exports without secrets", async () => {
    const posted = await service.send("POST", "/api/v1/sources", { body: source({ name: "by hand", clientSecret: "Very~Secret-Value.8" }) });
    assert.equal(posted.status, 200, posted.text);
    const planned = await service.send("POST", "/api/v1/config/plan", { body: bundle([A, SINK]) });
    assert.equal(planned.status, 200, planned.text);
    const names = (json: { plan: { steps: { kind: string; name: string }[] } }) => json.plan.steps.map(({ kind, name }) => `${kind} ${name}`);
    assert.deepEqual(names(planned.json), ["create archive", "create a"]);
    const applied = await service.send("POST", "/api/v1/config/apply", { body: bundle([A, SINK]) });
    assert.deepEqual([applied.status, names(applied.json)], [200, ["create archive", "create a"]]);
    assert.deepEqual(names((await service.send("POST", "/api/v1/config/plan", { body: bundle([A, SINK]) })).json), []);

    const state = (await service.send("GET", "/api/v1/config")).json as { config: Record<string, unknown> };
    assert.equal(state.config["mode"], "api");
    assert.equal(state.config["revision"], "r1");
    assert.deepEqual((state.config["destinations"] as object[]), [{ name: "archive", type: "stdout", by: "apply", file: "destinations/archive.json", revision: "r1" }]);

    const exported = await service.send("GET", "/api/v1/config/export");
    assert.doesNotMatch(exported.text, /Very~Secret/);
    const { sources } = exported.json as { sources: { name: string; definition: { config: { clientSecret: unknown } } }[] };
    assert.deepEqual(sources.map(({ name, definition }) => [name, definition.config.clientSecret]), [["by hand", "********"], ["a", { secretRef: "env:CONTOSO_SECRET" }]]);

  });

  it("audits every object that files change: who, what, from, to, and which file", async () => {
    const audited = async (objects: readonly unknown[], more: object = {}) => {
      const { data: [last] } = (await service.send("GET", "/api/v1/audit?limit=1")).json as Audit;
      assert.equal((await service.send("POST", "/api/v1/config/apply", { body: bundle(objects, more) })).status, 200);
      const { data } = (await service.send("GET", "/api/v1/audit")).json as Audit;
      return data.filter(({ number }) => number > last!.number).toReversed();
    };
    const twin = (config: object) => ({ file: "sources/twin.json", kind: "source", value: source({ name: "twin", ...config }) });
    const [created] = await audited([A, SINK, twin({})]);
    const { sources } = (await service.send("GET", "/api/v1/sources")).json as SourcesAnswer;
    const id = String(sources.find(({ name }) => name === "twin")!.id);
    assert.deepEqual([created?.action, created?.target, created?.from, created?.to.origin], ["source.created", { kind: "source", id, name: "twin" }, undefined, { file: "sources/twin.json", revision: "r1" }]);
    const changed = await audited([A, { ...SINK, value: { name: "archive", type: "file", path: "./elsewhere" } }, twin({ category: "x" })], { revision: "r2" });
    assert.deepEqual(changed.map(({ action, target }) => `${action} ${target.id}`), ["destination.replaced archive", `source.replaced ${id}`]);
    const { origin: _origin, ...before } = created!.to;
    assert.deepEqual(changed.map(({ from }) => from), [{ name: "archive", type: "stdout" }, before]);
    assert.deepEqual([changed[1]!.to.config?.["category"], changed[1]!.to.origin.revision, changed[1]!.actor.id], ["x", "r2", ACCESS.accessId]);
    const gone = (await audited([A, SINK], { prune: true })).find(({ action }) => action === "source.deleted");
    assert.deepEqual([gone?.target.id, gone?.from?.config?.["category"], gone?.to.config], [id, "x", undefined]);
  });

  it("makes collectors and what is in them, with ids in the answer and the audit log; the API may change them, and the next plan shows it", async () => {
    const objects = [A, SINK, { file: "collectors/west.json", kind: "collector", value: { name: "west", category: "a/b" } }, { file: "sources/w.json", kind: "source", value: sourceIn("west", { name: "w" }) }];
    const { plan } = (await service.send("POST", "/api/v1/config/apply", { body: bundle(objects) })).json as { plan: { steps: { kind: string; object: string; name: string; id: number; collector?: string }[] } };
    assert.deepEqual(plan.steps.map(({ kind, object, name, collector }) => [kind, object, name, collector]), [["create", "collector", "west", undefined], ["create", "source", "w", "west"]]);
    const [west, w] = plan.steps.map(({ id }) => id);
    const path = `/api/v1/collectors/${west}`;
    assert.deepEqual(((await service.send("GET", `${path}/sources`)).json as SourcesAnswer).sources.map(({ id, name }) => [id, name]), [[w, "w"]]);
    assert.equal((await service.send("GET", `/api/v1/sources/${w}`)).status, 404);
    const { collector } = (await service.send("GET", path)).json as { collector: { category: string; managed: unknown } };
    assert.deepEqual([collector.category, collector.managed], ["a/b", { by: "apply", file: "collectors/west.json", revision: "r1" }]);
    const exported = (await service.send("GET", "/api/v1/config/export")).json as { collectors: unknown[]; sources: { name: string; collector?: string; definition: { collector?: string } }[] };
    assert.deepEqual(exported.collectors, [{ name: "west", file: "collectors/west.json", collector: { name: "west", category: "a/b", timeZone: "Etc/UTC" } }]);
    assert.deepEqual(exported.sources.map(({ name, collector: within, definition }) => [name, within, definition.collector]), [["by hand", undefined, undefined], ["a", undefined, undefined], ["w", "west", "west"]]);
    const { data } = (await service.send("GET", "/api/v1/audit")).json as { data: { action: string; target: { id: string; name: string } }[] };
    assert.deepEqual(data.slice(0, 2).map(({ action, target }) => [action, target.id, target.name]), [["source.created", String(w), "w"], ["collector.created", String(west), "west"]]);

    const etag = (await service.send("GET", path)).headers["etag"]!;
    const put = await service.send("PUT", path, { body: { collector: { id: west, name: "west" } }, headers: { "if-match": etag } });
    assert.equal(put.status, 200, put.text);
    const planned = (await service.send("POST", "/api/v1/config/plan", { body: bundle(objects) })).json as { plan: { steps: unknown[] } };
    assert.deepEqual(planned.plan.steps, [{ kind: "update", object: "collector", name: "west", file: "collectors/west.json", id: west, changes: [{ pointer: "/category", to: '"a/b"' }] }]);
    const refused = await service.send("POST", "/api/v1/config/apply", { body: bundle(objects.filter(({ kind }) => kind !== "collector")) });
    assert.deepEqual([refused.status, (refused.json as { errors: { file: string; pointer: string }[] }).errors.map(({ file, pointer }) => [file, pointer])], [400, [["sources/w.json", "/collector"]]]);
    const pruned = (await service.send("POST", "/api/v1/config/apply", { body: bundle([A, SINK], { prune: true }) })).json as { plan: { steps: { kind: string; name: string }[] } };
    assert.deepEqual(pruned.plan.steps.map(({ kind, name }) => `${kind} ${name}`), ["delete w", "delete west"]);
    assert.equal((await service.send("GET", path)).status, 404);
  });

  it("lets sources of an apply be changed by the API: the next plan shows it", async () => {
    const { sources } = (await service.send("GET", "/api/v1/sources")).json as SourcesAnswer;
    const { id } = sources.find(({ name }) => name === "a")!;
    assert.equal((await service.send("POST", `/api/v1/sources/${id}/pause`, { body: {} })).status, 200);
    assert.equal((await service.send("POST", `/api/v1/sources/${id}/resume`, { body: {} })).status, 200);
  });

  it("refuses what is not in order, names file and pointer, and changes nothing", async () => {
    const before = (await service.send("GET", "/api/v1/config")).text;
    const reply = await service.send("POST", "/api/v1/config/apply", { body: bundle([A, SINK, { file: "sources/b.json", kind: "source", value: source({ name: "b", tenantID: "nope" }) }]) });
    const refused = reply.json as { status: number; code: string; errors: { file: string; pointer: string; message: string }[] };
    assert.deepEqual([reply.status, refused.code, refused.errors.map(({ file, pointer }) => [file, pointer])], [400, "config.invalid", [["sources/b.json", "/config/tenantID"]]]);
    assert.equal((await service.send("GET", "/api/v1/config")).text, before);
  });

  it("answers any body without a 5xx", async () => {
    const objects = fc.array(fc.record({ file: fc.string(), kind: fc.constantFrom("source", "destination", "collector", "x"), value: fc.jsonValue() }, { requiredKeys: [] }), { maxLength: 4 });
    const bodies = fc.oneof(fc.jsonValue(), fc.record({ revision: fc.oneof(fc.string(), fc.constant("r")), prune: fc.oneof(fc.boolean(), fc.string()), objects }, { requiredKeys: [] }));
    await fc.assert(fc.asyncProperty(bodies, async (body) => {
      const { status, text } = await service.send("POST", "/api/v1/config/plan", { body: JSON.stringify(body) });
      assert.ok(status === 200 || status === 400, `${status} ${text}`);
    }), { numRuns: 150 });
  });

  it("has nothing to fetch, and says so; nobody comes in without a key", async () => {
    assert.equal((await service.send("POST", "/api/v1/config/sync")).status, 404);
    for (const [method, path] of [["GET", "/config"], ["GET", "/config/export"], ["POST", "/config/plan"], ["POST", "/config/apply"], ["POST", "/config/sync"]] as const) {
      assert.equal((await service.send(method, `/api/v1${path}`, { anonymous: true })).status, 401, path);
    }
    const signed = { "x-hub-signature-256": `sha256=${createHmac("sha256", "").update("{}").digest("hex")}` };
    assert.equal((await service.send("POST", "/api/v1/config/sync", { body: "{}", headers: signed, anonymous: true })).status, 401);
  });
});

describe("pull mode in the whole service", () => {
  let service: RunningService;
  let folder: string;
  const write = (path: string, value: unknown) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify(value));
  };
  const config = async () => ((await service.send("GET", "/api/v1/config")).json as { config: { revision?: string; error?: { message: string }; sources: Marked[]; collectors: Marked[] } }).config;
  const until = async (fits: (now: Awaited<ReturnType<typeof config>>) => boolean) => {
    for (;;) {
      const now = await config();
      if (fits(now)) return now;
      await systemClock.sleep(20);
    }
  };
  const hook = (body: string, secret = SECRET) => service.send("POST", "/api/v1/config/sync", { body, anonymous: true, headers: { "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}` } });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "config-pulled-"));
    write("sources/a.json", source({ name: "a" }));
    service = await runService({ COLLECTOR_CONFIG_DIR: folder, COLLECTOR_CONFIG_INTERVAL_SECONDS: "3600", COLLECTOR_CONFIG_WEBHOOK_SECRET: SECRET });
    await until(({ sources }) => sources.length === 1);
  });
  after(async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("marks what it fetched and keeps the API from changing it, in words that name file and revision", async () => {
    const { revision, sources: [marked] } = await config();
    const path = `/api/v1/sources/${marked!.id}`;
    const read = await service.send("GET", path);
    assert.deepEqual((read.json as { source: { managed: unknown } }).source.managed, { by: "pull", file: "sources/a.json", revision });
    for (const [method, at, body] of [["PUT", path, source()], ["DELETE", path, undefined], ["POST", `${path}/pause`, {}], ["POST", `${path}/resume`, {}]] as const) {
      const reply = await service.send(method, at, { body, headers: { "if-match": "*" } });
      assert.equal(reply.status, 409, `${method} ${at}: ${reply.text}`);
      assert.match(reply.text, new RegExp(`sources/a.json in revision ${revision}`));
      assert.equal((reply.json as { code: string }).code, "config.managed");
    }
    assert.equal((await service.send("POST", `${path}/action/restart`)).status, 200);
    assert.equal((await service.send("POST", "/api/v1/config/apply", { body: bundle([A, SINK]) })).status, 409);
    assert.equal((await service.send("POST", "/api/v1/config/plan", { body: bundle([A, SINK]) })).status, 200);
    const { data } = (await service.send("GET", "/api/v1/audit")).json as Audit;
    assert.deepEqual(data.filter(({ action }) => action === "source.created").map(({ actor, target, to }) => [actor.id, target.id, to.origin]), [["configuration", String(marked!.id), { file: "sources/a.json", revision }]]);
    // What somebody posts beside it stays theirs.
    const own = await service.send("POST", "/api/v1/sources", { body: source({ name: "own" }) });
    assert.equal((await service.send("DELETE", `/api/v1/sources/${(own.json as SourceAnswer).source.id}`)).status, 200);
  });

  it("marks the collectors that it fetched and keeps the API from changing them; sources may be posted into them", async () => {
    write("collectors/west.json", { name: "west", description: "from Git" });
    write("sources/w.json", sourceIn("west", { name: "w" }));
    await service.send("POST", "/api/v1/config/sync");
    const { revision, collectors, sources } = await until((now) => now.collectors.length === 1);
    const { id } = collectors[0]!;
    assert.deepEqual(collectors, [{ id, name: "west", by: "pull", file: "collectors/west.json", revision }]);
    const fetched = sources.find(({ name }) => name === "w")!;
    assert.deepEqual([fetched.collector, sources.find(({ name }) => name === "a")!.collector], ["west", undefined]);
    const path = `/api/v1/collectors/${id}`;
    const managed = { by: "pull", file: "collectors/west.json", revision };
    for (const at of [path, "/v1/collectors/name/west"]) assert.deepEqual(((await service.send("GET", at)).json as { collector: { managed: unknown } }).collector.managed, managed);
    const list = ((await service.send("GET", "/api/v1/collectors")).json as { collectors: { managed?: unknown }[] }).collectors;
    assert.deepEqual(list.map((one) => one.managed), [undefined, managed]);
    for (const [method, at, body] of [["PUT", path, { collector: { id, name: "other" } }], ["DELETE", path, undefined], ["PUT", `${path}/sources/${fetched.id}`, source()], ["DELETE", `${path}/sources/${fetched.id}`, undefined]] as const) {
      const reply = await service.send(method, at, { body, headers: { "if-match": "*" } });
      assert.equal(reply.status, 409, `${method} ${at}: ${reply.text}`);
      assert.match(reply.text, new RegExp(`${at === path ? "collectors/west" : "sources/w"}\\.json in revision ${revision}`));
      assert.equal((reply.json as { code: string }).code, "config.managed");
    }
    const posted = (await service.send("POST", `${path}/sources`, { body: source({ name: "posted" }) })).json as SourceAnswer;
    // Its file is gone: it is still not the API's, and what was posted into it keeps it.
    rmSync(join(folder, "collectors/west.json"));
    rmSync(join(folder, "sources/w.json"));
    await service.send("POST", "/api/v1/config/sync");
    const gone = await until((now) => now.collectors[0]?.removed !== undefined);
    assert.deepEqual([gone.collectors[0]!.heldBy, gone.collectors[0]!.deleted], [["posted"], undefined]);
    while (!service.log.some((line) => line.includes('"event":"config-applied"') && line.includes("it stays, because it holds sources that are not from files (posted)"))) await systemClock.sleep(20);
    assert.equal((await service.send("DELETE", path)).status, 409);
    assert.equal((await service.send("DELETE", `${path}/sources/${posted.source.id}`)).status, 200);
    const free = (await config()).collectors[0]!;
    assert.deepEqual([free.heldBy, Date.parse(free.deleted!) - Date.parse(free.removed!)], [undefined, 24 * 3_600_000]);
    // A collector that somebody makes stays theirs.
    const own = ((await service.send("POST", "/api/v1/collectors", { body: { collector: { name: "own" } } })).json as { collector: { id: number } }).collector.id;
    await service.send("POST", `/api/v1/collectors/${own}/sources`, { body: source({ name: "own" }) });
    assert.equal((await service.send("DELETE", `/api/v1/collectors/${own}`)).status, 200);
    const audit = ((await service.send("GET", "/api/v1/audit")).json as { data: { action: string; target: { kind: string; id: string; name: string } }[] }).data;
    assert.deepEqual(audit.find(({ action, target }) => action === "collector.created" && target.name === "west")?.target, { kind: "collector", id: String(id), name: "west" });
  });

  it("fetches when a signed webhook comes, and not when the signature is wrong", async () => {
    write("sources/b.json", source({ name: "b", destinations: ["archive"] }));
    write("destinations/archive.json", { name: "archive", type: "file", path: join(folder, "rows") });
    assert.equal((await hook("{}", "another-secret-of-some-length")).status, 401);
    assert.equal((await service.send("POST", "/api/v1/config/sync", { body: "{}", anonymous: true, headers: { "x-hub-signature-256": "sha256=zz" } })).status, 401);
    const signature = createHmac("sha256", SECRET).update("{}").digest("hex");
    assert.equal((await service.send("POST", "/api/v1/config/sync/more", { body: "{}", anonymous: true, headers: { "x-hub-signature-256": `sha256=${signature}` } })).status, 401, "the signature opens one path");
    assert.equal((await hook('{"ref":"refs/heads/main"}')).status, 202);
    await until(({ sources }) => sources.some(({ name }) => name === "b"));
  });

  it("shows an error in API and metrics, and goes on with the last good revision", async () => {
    const { revision } = await config();
    write("sources/b.json", source({ name: "b", tenantID: "nope" }));
    assert.equal((await service.send("POST", "/api/v1/config/sync")).status, 202);
    const broken = await until(({ error }) => error !== undefined);
    assert.equal(broken.revision, revision);
    const page = (await service.send("GET", "/")).text;
    assert.match(page, /could not be taken up/);
    assert.match(page, /sources\/b\.json:1: \/config\/tenantID/);
    const metrics = (await service.send("GET", "/metrics")).text;
    assert.match(metrics, /^collector_config_failed 1$/m);
    assert.match(metrics, new RegExp(`^collector_config_revision\\{revision="${revision}"\\} 1$`, "m"));
    assert.ok(service.log.some((line) => line.includes('"event":"config-failed"')));
    write("sources/b.json", source({ name: "b" }));
    rmSync(join(folder, "sources/a.json"));
    await service.send("POST", "/api/v1/config/sync");
    const mended = await until(({ error }) => error === undefined);
    assert.match((await service.send("GET", "/")).text, /Configuration from .* Revision <code>folder-/);
    const gone = mended.sources.find(({ name }) => name === "a")!;
    assert.equal(Date.parse(gone.deleted!) - Date.parse(gone.removed!), 24 * 3_600_000);
    assert.match((await service.send("GET", "/metrics")).text, /^collector_config_failed 0$/m);
  });
});
