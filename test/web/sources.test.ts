import assert from "node:assert/strict";
import { reached, STARTING, troubled } from "../../service/core/health.js";
import { Fault } from "../../service/core/fault.js";
import { CLIENT_SECRET, COLLECTOR_ID, definition, NOW_MS, openBench, post, type Bench, type Reply } from "./harness.js";

interface Shown {
  source: { id: number; name: string; schemaRef: object; config: Record<string, unknown>; state: { state: string }; sourceType: string; alive: boolean; warnings?: string[]; paused: boolean; revision: number };
}
const shown = (reply: Reply) => (reply.json as Shown).source;

/** The headers of Terraform's provider (sumo-contract 1.3). */
const TERRAFORM = { "user-agent": "SumoLogicTerraformProvider/3.2.10", "content-type": "application/json", "accept-encoding": "gzip" };

describe("web: sources", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  it("answers a create as the transcript shows it, secrets masked, additions beside", async () => {
    const reply = await bench.send("POST", "/api/v1/sources", { body: definition({ pollingIntervalMin: "10s" }) });
    assert.equal(reply.status, 200);
    assert.match(reply.headers.etag ?? "", /^"[0-9a-f]{32}"$/);
    assert.equal(reply.headers["content-type"], "application/json; charset=utf-8");
    const { id, ...rest } = shown(reply);
    assert.ok(Number.isInteger(id) && id >= 100_000_000 && id <= 999_999_999);
    assert.equal(rest.name, "MS Exchange Trace Logs");
    assert.equal(rest.config["name"], "MS Exchange Trace Logs");
    assert.equal(rest.config["clientSecret"], "********");
    assert.equal(rest.config["pollingIntervalMin"], "10s");
    assert.deepEqual(rest.schemaRef, { type: "MS Exchange Trace Logs" });
    assert.deepEqual([rest.sourceType, rest.alive, rest.state, rest.paused, rest.revision], ["Universal", true, { state: "Pending" }, false, 1]);
    assert.equal(rest.warnings?.length, 1, "a short interval is answered with a warning");
    assert.deepEqual(bench.supervisor.started, [id]);
  });

  it("serves one and the same under /api/v1 and /v1, with and without the collector, with a trailing slash", async () => {
    const { id, etag } = await post(bench);
    for (const prefix of ["/api/v1", "/v1"]) {
      for (const collector of ["", `/collectors/${COLLECTOR_ID}`]) {
        for (const slash of ["", "/"]) {
          const reply = await bench.send("GET", `${prefix}${collector}/sources/${id}${slash}`);
          assert.deepEqual([reply.status, reply.headers.etag, shown(reply).id], [200, etag, id]);
          const list = (await bench.send("GET", `${prefix}${collector}/sources${slash}`)).json as { sources: { id: number; name: string }[] };
          assert.deepEqual(list.sources.map((source) => [source.id, source.name]), [[id, "MS Exchange Trace Logs"]]);
        }
      }
    }
    const other = await bench.send("GET", `/api/v1/collectors/${COLLECTOR_ID + 1}/sources/${id}`);
    assert.deepEqual([other.status, (other.json as { code: string }).code], [404, "collectors.collector.invalid"]);
  });

  it("plays Terraform's create, plan, update and destroy", async () => {
    const path = `/api/v1/collectors/${COLLECTOR_ID}/sources`;
    const created = await bench.send("POST", path, { headers: TERRAFORM, body: definition() });
    const { id } = shown(created);
    const read = await bench.send("GET", `${path}/${id}`, { headers: TERRAFORM });
    assert.deepEqual([read.status, read.headers.etag], [200, created.headers.etag]);
    const body = definition({ pollingIntervalMin: "7m" }) as { source: object };
    const put = await bench.send("PUT", `${path}/${id}`, { headers: { ...TERRAFORM, "if-match": read.headers.etag! }, body: { source: { id, ...body.source } } });
    assert.equal(put.status, 200, put.text);
    assert.notEqual(put.headers.etag, read.headers.etag);
    assert.equal(shown(put).config["pollingIntervalMin"], "7m");
    const deleted = await bench.send("DELETE", `${path}/${id}`, { headers: TERRAFORM });
    assert.deepEqual([deleted.status, deleted.text], [200, ""]);
  });

  it("keeps the ETag while state changes, and answers 304 to who has it", async () => {
    const { id, etag, path } = await post(bench);
    bench.states.set(id, { health: reached(STARTING, "Collecting") });
    const reply = await bench.send("GET", path);
    assert.deepEqual([reply.headers.etag, shown(reply).state], [etag, { state: "Collecting" }]);
    const cached = await bench.send("GET", path, { headers: { "if-none-match": etag } });
    assert.deepEqual([cached.status, cached.text], [304, ""]);
    assert.equal((await bench.send("GET", path, { headers: { "if-none-match": '"0"' } })).status, 200);
  });

  it("replaces only what the caller has seen", async () => {
    const { id, etag, path } = await post(bench);
    const cases: [status: number, headers: Record<string, string>, bodyId?: unknown][] = [
      [403, {}],
      [403, { "if-match": "" }],
      [412, { "if-match": '"00000000000000000000000000000000"' }],
      [412, { "if-match": `W/${etag}` }],
      [400, { "if-match": etag }, id + 1],
      [400, { "if-match": etag }, String(id)],
      [200, { "if-match": `"x", ${etag}` }, id],
      [412, { "if-match": etag }],
      [200, { "if-match": "*" }],
    ];
    for (const [status, headers, bodyId] of cases) {
      const before = shown(await bench.send("GET", path)).revision;
      const body = definition({ pollingIntervalMin: "9m" }) as { source: object };
      const reply = await bench.send("PUT", path, { headers, body: { source: { ...(bodyId === undefined ? {} : { id: bodyId }), ...body.source } } });
      assert.equal(reply.status, status, `${JSON.stringify(headers)} ${String(bodyId)}: ${reply.text}`);
      assert.equal(shown(await bench.send("GET", path)).revision, before + (status === 200 ? 1 : 0));
    }
  });

  it("keeps the stored secret when a masked definition comes back", async () => {
    const { id, etag, path } = await post(bench);
    const { source } = (await bench.send("GET", path)).json as Shown;
    const reply = await bench.send("PUT", path, { headers: { "if-match": etag }, body: { source } });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(bench.app.definitions.get(id)?.config.clientSecret, CLIENT_SECRET);
  });

  it("deletes at once, shows Stopping until the worker has ended, then 404; a repeated DELETE stays 200", async () => {
    const { path } = await post(bench);
    let release = () => undefined as void;
    bench.supervisor.held = new Promise((resolve) => (release = resolve));
    assert.deepEqual(await brief(bench.send("DELETE", path)), [200, ""]);
    const stopping = await bench.send("GET", path);
    assert.deepEqual([stopping.status, shown(stopping).state, shown(stopping).alive], [200, { state: "Stopping" }, false]);
    assert.deepEqual(await brief(bench.send("DELETE", path)), [200, ""]);
    for (const [method, below] of [["PUT", ""], ["POST", "/pause"], ["POST", "/backfill"], ["POST", "/action/restart"]] as const) {
      assert.equal((await bench.send(method, path + below, { body: {} })).status, 404, `${method} ${below}`);
    }
    release();
    await until(async () => (await bench.send("GET", path)).status === 404);
    assert.deepEqual(await brief(bench.send("DELETE", path)), [200, ""]);
    bench.clock.now += 3_600_000;
    assert.equal((await bench.send("DELETE", path)).status, 404);
  });

  it("gives the name of a deleted source free at once, though its worker still ends", async () => {
    const { id, path } = await post(bench, { name: "A" });
    let release = () => undefined as void;
    bench.supervisor.held = new Promise((resolve) => (release = resolve));
    await bench.send("DELETE", path);
    const again = await bench.send("POST", "/api/v1/sources", { body: definition({ name: "A" }) });
    assert.equal(again.status, 200, again.text);
    assert.notEqual(shown(again).id, id);
    release();
    await until(async () => (await bench.send("GET", path)).status === 404);
    assert.equal((await bench.send("GET", `/api/v1/sources/${shown(again).id}`)).status, 200);
  });

  it("refuses a bad definition with every problem, in message and errors", async () => {
    const reply = await bench.send("POST", "/api/v1/sources", { body: definition({ clientID: "client_id", pollingIntervall: "5m" }) });
    const { status, code, message, errors, id } = reply.json as { status: number; code: string; message: string; id: string; errors: { pointer: string; message: string }[] };
    assert.deepEqual([reply.status, status, code], [400, 400, "createValidationError"]);
    assert.match(id, /^[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}$/);
    assert.deepEqual(new Set(errors.map(({ pointer }) => pointer)), new Set(["/source/config/clientID", "/source/config/pollingIntervall"]));
    for (const error of errors) assert.ok(message.includes(error.message), "the message repeats each problem: Terraform shows nothing else");
    assert.deepEqual(bench.app.definitions.list(), []);
  });

  it("refuses a name that is taken, and a change of type", async () => {
    await post(bench, { name: "A" });
    const { path, etag } = await post(bench, { name: "B" });
    const twice = await bench.send("POST", "/api/v1/sources", { body: definition({ name: "A", pollingIntervalMin: "7m" }) });
    assert.deepEqual([twice.status, (twice.json as { code: string }).code], [400, "DuplicateResourceName"]);
    const renamed = await bench.send("PUT", path, { headers: { "if-match": etag }, body: definition({ name: "A" }) });
    assert.deepEqual([renamed.status, (renamed.json as { code: string }).code], [400, "DuplicateResourceName"]);
  });

  it("pauses, resumes and restarts", async () => {
    const { id, path, etag } = await post(bench);
    const paused = await bench.send("POST", `${path}/pause`);
    assert.deepEqual([paused.status, shown(paused).paused], [200, true]);
    assert.notEqual(paused.headers.etag, etag);
    assert.equal(shown(await bench.send("POST", `${path}/resume`)).paused, false);
    const before = bench.supervisor.started.length;
    assert.equal((await bench.send("POST", `${path}/action/restart`)).status, 200);
    assert.deepEqual(bench.supervisor.started.slice(before), [id]);
  });

  it("shows the vendor's states alone: what it has no word for is Initialized", async () => {
    const { id, path } = await post(bench);
    bench.states.set(id, { health: reached(STARTING, "Authenticating") });
    assert.equal(shown(await bench.send("GET", path)).state.state, "Initialized");
    const { status } = (await bench.send("GET", `${path}/status`)).json as { status: { state: { state: string } } };
    assert.equal(status.state.state, "Initialized");
    const { sources } = (await bench.send("GET", "/api/v1/sources")).json as { sources: Shown["source"][] };
    assert.deepEqual(sources.map(({ state }) => state.state), ["Initialized"]);
  });

  it("shows an error in the vendor's words, and a passing fault as recovering", async () => {
    const { id, path } = await post(bench);
    const collecting = reached(STARTING, "Collecting");
    bench.states.set(id, { health: troubled(collecting, new Fault("secret-expired", { status: 401 }), NOW_MS, NOW_MS + 1) });
    const { state } = shown(await bench.send("GET", path)) as unknown as { state: Record<string, unknown> };
    assert.deepEqual([state["state"], state["errorType"], state["errorCode"]], ["Error", "THIRD-PARTY-CONFIG", 401]);
    bench.states.set(id, { health: troubled(collecting, new Fault("html-answer"), NOW_MS, NOW_MS + 1) });
    assert.equal(shown(await bench.send("GET", path)).state.state, "Collecting");
  });
});

async function brief(reply: Promise<Reply>): Promise<[number, string]> {
  const { status, text } = await reply;
  return [status, text];
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
