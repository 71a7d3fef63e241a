/** The transcript of SumoLogic's Terraform provider, replayed: sections as in the transcript, GUIDs in place of its stand-ins. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { Fault } from "../../service/core/fault.js";
import { KEY, openBench, type Bench, type Replaced } from "../web/harness.js";
import { Command, decodeCollector, decodeSource, decodeSourceNamed, ProviderError, type Wired } from "./terraform-provider.js";

const COLLECTOR = "v1/collectors/100000001";
const SOURCE = `${COLLECTOR}/sources/100000002`;
const CREATE_COLLECTOR = '{"collector":{"collectorType":"Hosted","name":"my-collector","description":"Just testing this","timeZone":"Etc/UTC","ephemeral":false}}';
/** As the transcript has them, with the documentation's stand-ins. */
const STAND_INS = {
  create: '{"source":{"sourceType":"Universal","config":{"app_client_id":"client_id","authorization_code":"code","client_secret":"secret","directory_tenant_id":"tenant_id","polling_interval":300,"time_offset":3600},"schemaRef":{"type":"MS Exchange Trace Logs"}}}',
  update: '{"source":{"id":100000002,"sourceType":"Universal","config":{"app_client_id":"client_id","authorization_code":"code","client_secret":"secret","directory_tenant_id":"tenant_id","polling_interval":600,"time_offset":3600},"schemaRef":{"type":"MS Exchange Trace Logs"}}}',
  second: '{"source":{"sourceType":"Universal","config":{"clientID":"client_id","clientSecret":"client_secret","description":"Microsoft Exchange Trace Logs","fields":{"_siemForward":false},"name":"CONN-5593","pollingIntervalMin":"5m","tenantID":"tenant_id"},"schemaRef":{"type":"MS Exchange Trace Logs"}}}',
};
const UPDATE_COLLECTOR = '{"collector":{"id":100000001,"collectorType":"Hosted","name":"my-collector","description":"Exchange traces","timeZone":"Etc/UTC","ephemeral":false}}';
const CLEAR_COLLECTOR = '{"collector":{"id":100000001,"collectorType":"Hosted","name":"my-collector","timeZone":"Etc/UTC","ephemeral":false}}';
const OLD_CREATE = '{"collector":{"collectorType":"Hosted","name":"my-collector","ephemeral":false}}';
const OLD_UPDATE = '{"collector":{"id":100000001,"collectorType":"Hosted","name":"my-collector","description":"Just testing this","timeZone":"Etc/UTC","ephemeral":false}}';
const SECRETS = ["S3cret~Value-of.the.app", "0.AXoA-authorization-code"];

/** The user's own values in place of the stand-ins. */
function filled(body: string): string {
  return body
    .replace('"client_id"', '"3f2b8c1e-5d4a-4e0b-9c7d-1a2b3c4d5e6f"')
    .replace('"tenant_id"', '"9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d"')
    .replace(/"client_?[sS]ecret":"\w+"/, (pair) => `${pair.split(":")[0]}:"${SECRETS[0]}"`)
    .replace('"authorization_code":"code"', `"authorization_code":"${SECRETS[1]}"`);
}

describe("Terraform's transcript", () => {
  let bench: Bench;
  let opened: Bench[] = [];
  const commands: Command[] = [];
  const open = async (replaced: Replaced = {}) => {
    bench = await openBench(replaced);
    opened.push(bench);
  };
  afterEach(async () => {
    for (const command of commands.splice(0)) command.end();
    for (const one of opened) await one.close();
    opened = [];
  });

  /** Runs one Terraform command; answers what went over the wire. */
  async function terraform(work: (command: Command) => Promise<unknown>, options: { basePath?: string; accessKey?: string } = {}): Promise<readonly Wired[]> {
    const clock = bench.clock;
    const command = new Command({
      baseUrl: bench.url + (options.basePath ?? "/api/"),
      ...KEY,
      ...(options.accessKey === undefined ? {} : { accessKey: options.accessKey }),
      nowMs: () => clock.now,
      sleep: async (ms) => void (clock.now += ms),
    });
    commands.push(command);
    await work(command);
    // Repetitions are not counted by the provider's limiter.
    const firsts = command.wire.filter(({ attempt }) => attempt === 0);
    for (const [at, wired] of firsts.entries()) assert.ok(at === 0 || wired.atMs - firsts[at - 1]!.atMs >= 250, "requests are 250 ms apart");
    return command.wire;
  }
  const told = (wire: readonly Wired[]) => wire.map(({ method, path, status }) => `${method} ${path} ${status}`);
  const read = async (command: Command) => {
    const collector = decodeCollector((await command.get(COLLECTOR)) ?? "");
    assert.equal(decodeSource((await command.get(SOURCE)) ?? ""), 100_000_002);
    return collector;
  };
  /** Section 1. */
  const apply = (source = filled(STAND_INS.create)) => terraform(async (command) => {
    assert.equal(decodeCollector(await command.post("v1/collectors", CREATE_COLLECTOR)).id, 100_000_001);
    await command.get(COLLECTOR);
    assert.equal(decodeSource(await command.post(`${COLLECTOR}/sources`, source)), 100_000_002);
    await command.get(SOURCE);
  });

  it("0: the bodies are the transcript's, byte for byte", () => {
    const lengths = [CREATE_COLLECTOR, STAND_INS.create, STAND_INS.update, UPDATE_COLLECTOR, CLEAR_COLLECTOR, OLD_CREATE, OLD_UPDATE, STAND_INS.second].map((body) => Buffer.byteLength(body));
    assert.deepEqual(lengths, [135, 251, 266, 148, 116, 80, 150, 294]);
  });

  it("0: and so are the requests around them: line, headers, their order, no body on GET and DELETE", async () => {
    const came: string[] = [];
    const server = createServer((socket) => {
      socket.on("data", (chunk) => {
        came.push(chunk.toString());
        socket.write('HTTP/1.1 200 OK\r\nETag: "5f6bbe49f8b5a19dd43c806411225a5f"\r\nContent-Length: 2\r\n\r\n{}');
      });
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const command = new Command({ baseUrl: `http://${host}/api/`, accessId: "suABC", accessKey: "key123", nowMs: () => 0, sleep: async () => undefined });
    await command.post("v1/collectors", CREATE_COLLECTOR);
    await command.put(SOURCE, STAND_INS.update);
    await command.delete(COLLECTOR);
    command.end();
    server.close();
    const always = ["Authorization: Basic c3VBQkM6a2V5MTIz", "Content-Type: application/json"];
    const sent = (line: string, headers: readonly string[], body = "") => [`${line} HTTP/1.1`, `Host: ${host}`, "User-Agent: SumoLogicTerraformProvider/3.2.10", ...headers, "Accept-Encoding: gzip", "", body].join("\r\n");
    assert.deepEqual(came, [
      sent("POST /api/v1/collectors", ["Content-Length: 135", ...always], CREATE_COLLECTOR),
      sent(`GET /api/${SOURCE}`, always),
      sent(`PUT /api/${SOURCE}`, ["Content-Length: 266", ...always, 'If-Match: "5f6bbe49f8b5a19dd43c806411225a5f"'], STAND_INS.update),
      sent(`DELETE /api/${COLLECTOR}`, always),
    ]);
  });

  it("1: apply creates both with four requests on one connection, and reads back what it wrote", async () => {
    await open();
    let collectorText = "";
    const wire = await terraform(async (command) => {
      collectorText = await command.post("v1/collectors", CREATE_COLLECTOR);
      assert.equal(await command.get(COLLECTOR), collectorText.replace(/"lastSeenAlive":\d+/, `"lastSeenAlive":${bench.clock.now}`));
      const source = JSON.parse(await command.post(`${COLLECTOR}/sources`, filled(STAND_INS.create))) as { source: Record<string, unknown> };
      const config = { name: "MS Exchange Trace Logs", app_client_id: "3f2b8c1e-5d4a-4e0b-9c7d-1a2b3c4d5e6f", authorization_code: "********", client_secret: "********", directory_tenant_id: "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d", polling_interval: 300, time_offset: 3600 };
      const { id, name, schemaRef, config: shown, state, sourceType, alive } = source.source;
      assert.deepEqual({ id, name, schemaRef, config: shown, state, sourceType, alive }, { id: 100_000_002, name: config.name, schemaRef: { type: "MS Exchange Trace Logs" }, config, state: { state: "Pending" }, sourceType: "Universal", alive: true });
      await command.get(SOURCE);
    });
    assert.deepEqual(told(wire), ["POST /api/v1/collectors 200", "GET /api/v1/collectors/100000001 200", "POST /api/v1/collectors/100000001/sources 200", "GET /api/v1/collectors/100000001/sources/100000002 200"]);
    assert.deepEqual(new Set(wire.map(({ connection }) => connection)), new Set([0]));
    const { lastSeenAlive, ...collector } = (JSON.parse(collectorText) as { collector: Record<string, unknown> }).collector;
    assert.equal(typeof lastSeenAlive, "number");
    assert.deepEqual(collector, { id: 100_000_001, name: "my-collector", description: "Just testing this", timeZone: "Etc/UTC", fields: {}, links: [{ rel: "sources", href: "/v1/collectors/100000001/sources" }], collectorType: "Hosted", collectorVersion: "", alive: true });
    assert.deepEqual(decodeCollector(collectorText), { id: 100_000_001, name: "my-collector", description: "Just testing this", category: "", timezone: "Etc/UTC", fields: {} });
  });

  it("2: a second plan sees nothing to do, also when the state has moved on", async () => {
    await open();
    await apply();
    const wire = await terraform(async (command) => assert.deepEqual(await read(command), { id: 100_000_001, name: "my-collector", description: "Just testing this", category: "", timezone: "Etc/UTC", fields: {} }));
    assert.deepEqual(told(wire), ["GET /api/v1/collectors/100000001 200", "GET /api/v1/collectors/100000001/sources/100000002 200"]);
  });

  it("3: a changed interval is GET, GET, GET, PUT, GET; the code that comes again is kept as it was", async () => {
    await open();
    await apply();
    const wire = await terraform(async (command) => {
      await read(command);
      await command.put(SOURCE, filled(STAND_INS.update));
      await command.get(SOURCE);
    });
    assert.deepEqual(wire.map(({ method, status }) => `${method} ${status}`), ["GET 200", "GET 200", "GET 200", "PUT 200", "GET 200"]);
    assert.match(wire[3]!.ifMatch ?? "", /^"[0-9a-f]{32}"$/);
    assert.deepEqual(wire.map(({ connection }) => connection), [0, 0, 0, 1, 1], "the ETag's connection is left idle");
    const source = bench.app.definitions.get(100_000_002)!;
    assert.deepEqual([source.config.pollingIntervalMs, source.record.revision], [600_000, 2]);
    assert.deepEqual(source.config.authorizationCode, SECRETS[1]);
  });

  it("3b, 3c: the collector's description is changed, and cleared by a PUT without it", async () => {
    await open();
    await apply();
    for (const [body, description] of [[UPDATE_COLLECTOR, "Exchange traces"], [CLEAR_COLLECTOR, ""]] as const) {
      const wire = await terraform(async (command) => {
        await read(command);
        await command.put(COLLECTOR, body);
        assert.equal(decodeCollector((await command.get(COLLECTOR)) ?? "").description, description);
      });
      assert.deepEqual(wire.map(({ method, status }) => `${method} ${status}`), ["GET 200", "GET 200", "GET 200", "PUT 200", "GET 200"]);
    }
  });

  it("4: destroy succeeds while the worker still ends; a DELETE that comes again is 200", async () => {
    await open();
    await apply();
    let release = () => undefined as void;
    bench.supervisor.held = new Promise((resolve) => (release = resolve));
    const wire = await terraform(async (command) => {
      await read(command);
      await command.delete(SOURCE);
      assert.match((await command.get(SOURCE)) ?? "", /"state":\{"state":"Stopping"\}/);
      await command.delete(SOURCE);
      await command.delete(COLLECTOR);
      await command.delete(COLLECTOR);
      assert.deepEqual([await command.get(COLLECTOR), await command.get(SOURCE)], [undefined, undefined]);
    });
    assert.deepEqual(wire.filter(({ method }) => method === "DELETE").map(({ status }) => status), [200, 200, 200, 200]);
    assert.equal((await bench.store.collectors()).length, 1, "it is kept until its source is gone");
    release();
    while ((await bench.store.collectors()).length > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(await bench.store.sources(), []);
    const again = await terraform(async (command) => void (await command.post("v1/collectors", CREATE_COLLECTOR)));
    assert.deepEqual(told(again), ["POST /api/v1/collectors 200"], "the name is free again");
  });

  it("5.1: what was deleted behind its back is 404, the source of a deleted collector too", async () => {
    await open();
    await apply();
    await bench.send("DELETE", `/api/${SOURCE}`);
    while ((await bench.send("GET", `/api/${SOURCE}`)).status === 200) await new Promise((resolve) => setImmediate(resolve));
    await terraform(async (command) => assert.deepEqual([await command.get(SOURCE), (await command.get(COLLECTOR)) !== undefined], [undefined, true]));
    const gone = (await bench.send("GET", `/api/${SOURCE}`)).json as { status: number; code: string; message: string; id: string };
    assert.deepEqual([gone.status, gone.code, gone.message], [404, "notfound", "Requested resource could not be found."]);
    await bench.send("DELETE", `/api/${COLLECTOR}`);
    const wire = await terraform(async (command) => assert.deepEqual([await command.get(COLLECTOR), await command.get(SOURCE)], [undefined, undefined]));
    assert.deepEqual(wire.map(({ status }) => status), [404, 404]);
  });

  it("5.2: import by id and by name, names with spaces and periods", async () => {
    await open();
    await apply(filled(STAND_INS.second));
    await bench.send("POST", "/api/v1/collectors", { body: { collector: { name: "my collector v1.0" } } });
    const wire = await terraform(async (command) => {
      assert.equal(decodeCollector((await command.get(COLLECTOR)) ?? "").name, "my-collector");
      assert.equal(decodeCollector((await command.get("v1/collectors/name/my-collector")) ?? "").id, 100_000_001);
      assert.equal(decodeSource((await command.get(SOURCE)) ?? ""), 100_000_002);
      assert.equal(decodeSourceNamed((await command.get(`${COLLECTOR}/sources`)) ?? "", "CONN-5593"), 100_000_002);
      for (const slash of ["", "/"]) assert.equal(decodeCollector((await command.get(`v1/collectors/name/my%20collector%20v1.0${slash}`)) ?? "").id, 100_000_003);
      assert.equal(await command.get("v1/collectors/name/nobody"), undefined);
    });
    assert.ok(wire.every(({ connection }) => connection === 0));
    await terraform(async (command) => {
      // The plan after an import adds config and schema_ref.
      await command.put(SOURCE, filled(STAND_INS.second).replace('{"source":{', '{"source":{"id":100000002,'));
      await command.get(SOURCE);
    });
    assert.equal(bench.app.definitions.get(100_000_002)?.config.clientSecret, SECRETS[0]);
  });

  it("5.3: a provider before v3.2.5 creates the collector with POST, GET, PUT, GET", async () => {
    await open();
    const wire = await terraform(async (command) => {
      const { id, timezone } = decodeCollector(await command.post("v1/collectors", OLD_CREATE));
      assert.deepEqual([id, timezone], [100_000_001, "Etc/UTC"]);
      await command.put(COLLECTOR, OLD_UPDATE);
      assert.deepEqual(decodeCollector((await command.get(COLLECTOR)) ?? ""), { id: 100_000_001, name: "my-collector", description: "Just testing this", category: "", timezone: "Etc/UTC", fields: {} });
    });
    assert.deepEqual(wire.map(({ method }) => method), ["POST", "GET", "PUT", "GET"]);
  });

  it("5.4: the current generation is created, shown and planned like the first", async () => {
    await open();
    await apply(filled(STAND_INS.second));
    assert.equal((await terraform(read)).length, 2);
    const source = bench.app.definitions.get(100_000_002)!;
    assert.deepEqual([source.config.generation, source.config.name, source.config.pollingIntervalMs], ["2.0", "CONN-5593", 300_000]);
  });

  it("the documentation's stand-ins are refused in words that a Terraform user can act on, and leave nothing behind", async () => {
    await open();
    for (const [body, keys] of [[STAND_INS.create, ["app_client_id", "directory_tenant_id", "client_secret", "authorization_code"]], [STAND_INS.second, ["clientID", "tenantID", "clientSecret"]]] as const) {
      await terraform((command) => command.post("v1/collectors", CREATE_COLLECTOR));
      const { message } = await failing(terraform((command) => command.post(`${COLLECTOR}/sources`, body)));
      const told = JSON.parse(message) as { status: number; code: string; message: string };
      assert.deepEqual([told.status, told.code], [400, "createValidationError"]);
      for (const key of keys) assert.match(told.message, new RegExp(`/source/config/${key} [^.]*replace`), told.message);
    }
    assert.deepEqual(await bench.store.sources(), []);
  });

  it("5.5: a wrong key is one request and an error that says so; a stale ETag is GET, PUT and an error", async () => {
    await open();
    const command = async (work: (command: Command) => Promise<unknown>, options = {}) => (await failing(terraform(work, options))).message;
    assert.match(await command((one) => one.post("v1/collectors", CREATE_COLLECTOR), { accessKey: "wrong" }), /"code":"unauthorized","message":"Credential could not be verified\./);
    await apply();
    await terraform(async (one) => {
      const put = one.put(SOURCE, filled(STAND_INS.update));
      while (one.wire.length === 0) await new Promise((resolve) => setImmediate(resolve));
      await bench.app.definitions.pause(100_000_002, true);
      assert.match((await failing(put)).message, /"status":412,.*"precondition\.failed"/);
      assert.deepEqual(one.wire.map(({ method, status }) => `${method} ${status}`), ["GET 200", "PUT 412"]);
    });
    await terraform(async (one) => {
      assert.match((await failing(one.put(`${COLLECTOR}/sources/100000009`, filled(STAND_INS.update)))).message, /"status":404/);
      assert.deepEqual(one.wire.map(({ method, status, ifMatch }) => [method, status, ifMatch]), [["GET", 404, undefined], ["PUT", 404, ""]]);
    });
    const { message } = await failing(terraform((one) => one.post("v1/collectors", CREATE_COLLECTOR.replace("Just", "just"))));
    assert.match(message, /"code":"DuplicateResourceName","message":"A resource with the same name already exists\./);
  });

  it("5.5: a PUT after a GET that failed comes with an empty If-Match, and is refused", async () => {
    let failing501 = false;
    await open({ before: (request, response, next) => (failing501 && request.method === "GET" ? response.writeHead(501, { "Content-Length": "2" }).end("{}") : next()) });
    await apply();
    failing501 = true;
    await terraform(async (one) => {
      assert.match((await failing(one.put(SOURCE, filled(STAND_INS.update)))).message, /"status":403,.*"code":"forbidden".*If-Match/);
      assert.deepEqual(one.wire.map(({ method, status, ifMatch }) => [method, status, ifMatch]), [["GET", 501, undefined], ["PUT", 403, ""]]);
    });
    assert.equal(bench.app.definitions.get(100_000_002)?.record.revision, 1);
  });

  it("5.5: throttled with Retry-After it waits exactly that, and succeeds, also with POST", async () => {
    await open({ web: { limits: { requestsPerMinute: 2, concurrent: 10 } } });
    const startMs = bench.clock.now;
    const wire = await apply();
    assert.deepEqual(wire.map(({ method, status }) => `${method} ${status}`), ["POST 200", "GET 200", "POST 429", "POST 200", "GET 429", "GET 200"]);
    assert.ok(bench.clock.now - startMs >= 59_000);
    assert.equal((await bench.store.sources()).length, 1);
  });

  it("5.5: a full disk is 503 with Retry-After and passes by itself; 500 for ever is eleven requests in 181 s and our words", async () => {
    let left = 2;
    await open({ store: { nextId: () => (left-- > 0 ? Promise.reject(new Fault("store-full")) : Promise.resolve(100_000_001)) } });
    const wire = await terraform((command) => command.post("v1/collectors", CREATE_COLLECTOR));
    assert.deepEqual(wire.map(({ status }) => status), [503, 503, 200]);
    assert.deepEqual(wire.map(({ atMs }) => atMs - wire[0]!.atMs), [0, 5000, 10_000]);
    await open({ store: { nextId: () => Promise.reject(new Fault("key-wrong", { detail: "not for users" })) } });
    await terraform(async (command) => {
      const { message } = await failing(command.post("v1/collectors", CREATE_COLLECTOR));
      assert.match(message, /"code":"internal\.error"/);
      assert.ok(!message.includes("not for users"));
      assert.deepEqual(command.wire.map(({ atMs }) => (atMs - command.wire[0]!.atMs) / 1000), [0, 1, 3, 7, 15, 31, 61, 91, 121, 151, 181]);
    });
  });

  it("a create whose answer was lost comes again and gets the first result: one collector, one source", async () => {
    const lost = new Set(["/api/v1/collectors", "/api/v1/collectors/100000001/sources"]);
    await open({
      before: (request, response, next) => {
        // The answer is cut off after the change is durable.
        if (request.method === "POST" && lost.delete(request.url ?? "")) response.end = (() => void request.socket.destroy()) as never;
        next();
      },
    });
    const wire = await apply();
    assert.deepEqual(wire.map(({ method, status }) => `${method} ${status}`), ["POST 0", "POST 200", "GET 200", "POST 0", "POST 200", "GET 200"]);
    assert.deepEqual([(await bench.store.collectors()).length, (await bench.store.sources()).length], [1, 1]);
    assert.deepEqual((await bench.store.audit({ limit: 10 })).map(({ action }) => action), ["source.created", "collector.created"]);
  });

  it("5.5: base_url without its trailing slash works, with /v1 in it the answer names the mistake", async () => {
    await open();
    const wire = await terraform((command) => command.post("v1/collectors", CREATE_COLLECTOR), { basePath: "/api" });
    assert.deepEqual(told(wire), ["POST /v1/collectors 200"]);
    const { message } = await failing(terraform((command) => command.post("v1/collectors", CREATE_COLLECTOR), { basePath: "/api/v1/" }));
    assert.match(message, /"status":404.*base_url must end before it.*trailing slash/);
  });

  for (const [name, generations] of [["README.md", ["2.0"]], ["docs/configure.md", ["2.0"]], ["docs/terraform.md", ["2.0", "1.0"]]] as const) {
    it(`the definitions of ${name} are accepted as they stand there`, async () => {
      await open();
      const page = readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
      const configs = [...page.matchAll(/jsonencode\((\{[\s\S]*?\n {2}\})\)/g)].map(([, hcl = ""]) => hcl.replace(/(\w+) *= */g, '"$1": ').replace(/(?<=[^{])\n(?= {4})/g, ",\n"));
      await terraform(async (command) => {
        await command.post("v1/collectors", CREATE_COLLECTOR);
        for (const config of configs) decodeSource(await command.post(`${COLLECTOR}/sources`, `{"source":{"sourceType":"Universal","config":${config},"schemaRef":{"type":"MS Exchange Trace Logs"}}}`));
      });
      assert.deepEqual(bench.app.definitions.list().map(({ config }) => config.generation), generations);
      assert.ok(bench.app.definitions.list().every(({ record }) => Object.keys(record.secrets).length === 0), "references only: nothing secret is in the state");
    });
  }

  it("shows no secret, on the wire or in what is kept for looking", async () => {
    await open();
    await apply();
    for (const path of ["/api/v1/collectors", `/api/${COLLECTOR}/sources`, `/api/${COLLECTOR}/sources?download=true`, `/api/${SOURCE}`, `/api/${SOURCE}?download=true`, "/api/v1/audit"]) {
      const { status, text } = await bench.send("GET", path);
      assert.equal(status, 200, path);
      for (const secret of SECRETS) assert.ok(!text.includes(secret), path);
    }
  });
});

async function failing(work: Promise<unknown>): Promise<ProviderError> {
  const thrown = await work.then(() => undefined, (reason: unknown) => reason);
  assert.ok(thrown instanceof ProviderError, String(thrown));
  return thrown;
}
