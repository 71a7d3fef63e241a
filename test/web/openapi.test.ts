/** The OpenAPI document against the running service: every route is in it and nothing else, and real answers are as it says. */
import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { Fault } from "../../service/core/fault.js";
import { reached, STARTING, troubled } from "../../service/core/health.js";
import { createConfiguration } from "../../service/gitops/configuration.js";
import { NOTHING_KEPT } from "../../service/gitops/kept.js";
import type { Context } from "../../service/web/context.js";
import { OPERATIONS } from "../../service/web/openapi/operations.js";
import { apiRoutes } from "../../service/web/routes/index.js";
import { machineRoutes } from "../../service/web/routes/machine.js";
import { pageRoutes } from "../../service/web/routes/page.js";
import { COLLECTOR_ID, definition, NOW_MS, openBench, type Bench, type Reply, type Sent } from "./harness.js";

interface Described {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>> & { readonly servers?: unknown }>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}
const METHODS = ["get", "post", "put", "delete"] as const;

describe("web: OpenAPI", () => {
  let bench: Bench;
  let document: Document;
  let ajv: Ajv2020;
  let checked: Set<string>;

  beforeEach(async () => {
    bench = await openBench({
      web: ({ app, collectors, store, clock }) => {
        const ports = { definitions: app.definitions, collectors, store, clock, collectorId: COLLECTOR_ID, operatorDestinations: new Map([["default", { type: "stdout", config: {} }]]), setDestinations: () => undefined, failedBehind: () => undefined };
        return { config: { configuration: createConfiguration(ports, NOTHING_KEPT) } };
      },
    });
    document = (await bench.send("GET", "/api/openapi.json")).json;
    ajv = new Ajv2020({ strict: false, allErrors: true, formats: { "date-time": fullFormats["date-time"], uuid: fullFormats.uuid, "http-url": true, "base-url": true } });
    ajv.addSchema({ ...document, $id: "document" });
    checked = new Set();
  });
  afterEach(() => bench.close());

  /** Sends, and holds the answer against what the document says of it. */
  async function ask(method: string, path: string, sent: Sent = {}): Promise<Reply> {
    const reply = await bench.send(method, path, sent);
    const [template, described] = operationAt(method, path.split("?")[0]!);
    const { operationId, responses } = described;
    const status = String(reply.status);
    const range = `${status[0]}XX`;
    const key = responses[status] ? status : range;
    assert.ok(responses[key], `${operationId} does not tell of ${status}: ${reply.text}`);
    if (reply.status >= 400 && !responses[status]) {
      valid(`document#/components/schemas/Error`, JSON.parse(reply.text), operationId);
      return reply;
    }
    const { content } = responses[status]!;
    checked.add(`${operationId} ${status}`);
    if (!content) assert.equal(reply.text, "", operationId);
    else if (content["application/json"]) {
      assert.match(reply.headers["content-type"] ?? "", /^application\/json/);
      valid(`document#/paths/${pointerPart(template)}/${method.toLowerCase()}/responses/${status}/content/application~1json/schema`, JSON.parse(reply.text), operationId);
    } else assert.ok((reply.headers["content-type"] ?? "").startsWith(Object.keys(content)[0]!), operationId);
    return reply;
  }

  function valid(reference: string, value: unknown, what: string): void {
    const validate = ajv.compile({ $ref: reference });
    assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
  }

  function operationAt(method: string, path: string): [string, Described] {
    const plain = path.replace(/^\/(?:api\/)?v1(?=\/)/, "");
    // A word of its own goes before a parameter.
    const candidates = Object.keys(document.paths).filter((template) => new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`).test(plain));
    const template = candidates.toSorted((a, b) => a.split("{").length - b.split("{").length)[0];
    const described = template === undefined ? undefined : document.paths[template]?.[method.toLowerCase()];
    assert.ok(template !== undefined && described, `${method} ${path} is not in the document`);
    return [template, described];
  }

  it("is a document of version 3.1 whose every schema compiles, every reference leads somewhere, every operation has its own id", () => {
    assert.equal(document.openapi, "3.1.0");
    for (const name of Object.keys(document.components.schemas)) assert.ok(ajv.compile({ $ref: `document#/components/schemas/${name}` }), name);
    const operations = Object.values(document.paths).flatMap((path) => METHODS.flatMap((method) => path[method] ?? []));
    assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
    const references = JSON.stringify(document).matchAll(/"\$ref":"(#[^"]+)"/g);
    for (const [, reference = ""] of references) {
      const found = reference.slice(2).split("/").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], document);
      assert.ok(found, reference);
    }
    assert.ok(!JSON.stringify(document).includes("message-trace-collector.dev/schema"), "nothing leads out of the document");
  });

  it("holds every route and nothing else", async () => {
    const context = { app: bench.app } as unknown as Context;
    const routes = [...apiRoutes(context), ...machineRoutes(context), ...pageRoutes(context), { method: "GET", path: "/api/openapi.json" }];
    const served = new Set(routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`));
    const told = new Set(Object.entries(document.paths).flatMap(([path, here]) => METHODS.filter((method) => here[method]).map((method) => `${method.toUpperCase()} ${path}`)));
    assert.deepEqual([...told].toSorted(), [...served].toSorted());
    const used = new Set([...served].map((route) => route.replace("/collectors/{collectorId}/sources", "/sources").replace(/\{(\w+)\}/g, ":$1")));
    assert.deepEqual(Object.keys(OPERATIONS).filter((key) => !used.has(key)), [], "no operation is told of that nobody serves");
    for (const [path, here] of Object.entries(document.paths)) {
      const prefix = here.servers ? "" : "/api/v1";
      const allowed = (await bench.send("OPTIONS", prefix + path.replace(/\{\w+\}/g, "1"))).headers.allow?.split(", ").filter((method) => !["HEAD", "OPTIONS"].includes(method));
      assert.deepEqual(allowed?.map((method) => method.toLowerCase()).toSorted(), METHODS.filter((method) => here[method]).toSorted(), path);
    }
  });

  it("tells of every successful answer as the service gives it", async () => {
    for (const path of ["/healthz", "/readyz", "/metrics", "/", "/style.css", "/icon.svg", "/api/openapi.json"]) await ask("GET", path);
    bench.readiness = async () => ({ ready: false, reasons: ["the store does not answer"] });
    await ask("GET", "/readyz");
    const { collector } = (await ask("POST", "/api/v1/collectors", { body: { collector: { name: "walk", collectorType: "Hosted", category: "a/b", description: "d", fields: { a: "b" } } } })).json as { collector: { id: number } };
    await walkSources("/api/v1/sources");
    await walkSources(`/api/v1/collectors/${collector.id}/sources`);
    await walkAdministration(collector.id);
    await walkConfiguration();
    const due = Object.values(document.paths).flatMap((path) => METHODS.flatMap((method) => (path[method] ? Object.keys(path[method].responses).filter((status) => /^\d+$/.test(status)).map((status) => `${path[method]!.operationId} ${status}`) : [])));
    // These two are told of by tests of their own: they need a worker that is busy, and a repository.
    const elsewhere = new Set(["cancelBackfill 202", "cancelBackfillOfCollector 202", "syncConfig 202"]);
    assert.deepEqual(due.filter((one) => !checked.has(one) && !elsewhere.has(one)), []);
  });

  async function walkSources(path: string): Promise<void> {
    const at = (hours: number) => new Date(NOW_MS + hours * 3_600_000).toISOString();
    const made = await ask("POST", path, { body: definition({ name: path, pollingIntervalMin: "10s" }) });
    const { id } = (made.json as { source: { id: number } }).source;
    const one = `${path}/${id}`;
    bench.states.set(id, { health: troubled(reached(STARTING, "Collecting"), new Fault("html-answer"), NOW_MS, NOW_MS + 1000) });
    for (const query of ["", "?download=true"]) await Promise.all([ask("GET", path + query), ask("GET", one + query)]);
    await ask("POST", `${one}/backfill`, { body: { from: at(-30), to: at(-20) } });
    const { backfill } = (await ask("POST", `${one}/backfill`, { body: { from: at(-10), to: at(-9), again: true } })).json as { backfill: { id: string } };
    await ask("POST", `${one}/give-up`, { body: { from: at(-10), to: at(-8) } });
    for (const below of ["/status", "/coverage", "/events", "/tail"]) await ask("GET", one + below);
    await ask("DELETE", `${one}/backfill/${backfill.id}`);
    await ask("POST", `${one}/rewind`, { body: { to: at(-8) } });
    await watched(id);
    await ask("GET", `${one}/tail?after=0`);
    bench.states.set(id, { health: troubled(reached(STARTING, "Collecting"), new Fault("secret-expired", { status: 401 }), NOW_MS, NOW_MS + 1000) });
    for (const below of ["/action/restart", "/pause", "/resume"]) await ask("POST", one + below);
    const { headers } = await ask("GET", one);
    await ask("GET", one, { headers: { "if-none-match": headers.etag ?? "" } });
    await ask("PUT", one, { headers: { "if-match": headers.etag ?? "" }, body: definition({ name: path }) });
    await Promise.all([ask("GET", "/api/v1/healthEvents"), ask("POST", "/api/v1/healthEvents/resources", { body: { data: [{ id }] } })]);
    await ask("GET", `${one}/nothing`.replace("/nothing", "/coverage?from=never"));
    await ask("DELETE", one);
  }

  async function watched(id: number): Promise<void> {
    const sink = bench.recent.watch("default", { limits: { batchBytesMax: 1, batchRowsMax: 1 }, check: async () => undefined, write: async () => ({ sentBytes: 1 }), close: async () => undefined });
    await sink.write({ id: "1", lines: ['{"a":1}'], bytes: 8, origin: { sourceId: id, name: "x", fields: {} } }, new AbortController().signal);
  }

  async function walkAdministration(collectorId: number): Promise<void> {
    await ask("GET", "/api/v1/collectors?limit=2&offset=0&filter=hosted");
    await ask("GET", "/v1/collectors/offline");
    await ask("DELETE", "/v1/collectors/offline");
    await ask("GET", "/v1/collectors/name/walk");
    const { headers } = await ask("GET", `/v1/collectors/${collectorId}`);
    for (const path of ["/v1/collectors/name/walk", `/v1/collectors/${collectorId}`]) await ask("GET", path, { headers: { "if-none-match": headers.etag ?? "" } });
    await ask("PUT", `/v1/collectors/${collectorId}`, { headers: { "if-match": headers.etag ?? "" }, body: { collector: { id: collectorId, name: "walked" } } });
    await ask("DELETE", `/v1/collectors/${collectorId}`);
    const { accessKey } = (await ask("POST", "/v1/accessKeys", { body: { name: "ci", role: "reader", expires: "2027-01-01T00:00:00Z" } })).json as { accessKey: { id: string } };
    await ask("GET", "/v1/accessKeys");
    await ask("GET", `/v1/accessKeys/${accessKey.id}`);
    await ask("PUT", `/v1/accessKeys/${accessKey.id}`, { body: { name: "ci", role: "editor" } });
    await ask("DELETE", `/v1/accessKeys/${accessKey.id}`);
    await ask("GET", "/v1/audit?limit=3");
    await ask("GET", "/v1/audit?limit=0");
  }

  async function walkConfiguration(): Promise<void> {
    const collector = { file: "collectors/west.json", kind: "collector", value: { name: "from a file", category: "a/b" } };
    const { source } = definition({ name: "from a file", clientSecret: { secretRef: "env:EXCHANGE_CLIENT_SECRET" } }) as { source: object };
    const body = { revision: "1", prune: false, objects: [collector, { file: "sources/one.json", kind: "source", value: { ...source, collector: "from a file" } }] };
    await ask("POST", "/api/v1/config/plan", { body });
    await ask("POST", "/api/v1/config/apply", { body });
    await ask("GET", "/v1/collectors/name/from%20a%20file");
    await ask("GET", "/v1/collectors");
    await ask("GET", "/api/v1/config");
    await ask("GET", "/api/v1/config/export");
    await ask("POST", "/api/v1/config/sync");
  }
});

function pointerPart(text: string): string {
  return encodeURIComponent(text.replaceAll("~", "~0").replaceAll("/", "~1")).replaceAll("%7E", "~");
}
