import assert from "node:assert/strict";
import { Fault } from "../../service/core/fault.js";
import type { Store } from "../../service/ports.js";
import { definition, logged, openBench, post, type Bench, type Sent } from "./harness.js";

describe("web: errors", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const json = { "content-type": "application/json" };
  const cases: [name: string, status: number, code: string, method: string, path: string, sent: Sent, message: RegExp][] = [
    ["an unknown path", 404, "notfound", "GET", "/api/v1/nothing", {}, /\/api\/v1\/sources/],
    ["an unknown id", 404, "notfound", "GET", "/api/v1/sources/100000009", {}, /Requested resource could not be found\./],
    ["an id that is none", 404, "notfound", "GET", "/api/v1/sources/__proto__", {}, /Requested resource/],
    ["v1 twice", 404, "notfound", "POST", "/api/v1/v1/collectors", {}, /base_url.*trailing slash/],
    ["v1 twice without api", 404, "notfound", "GET", "/v1/v1/sources", {}, /base_url/],
    ["a method", 405, "method.unsupported", "PATCH", "/api/v1/sources", {}, /GET, HEAD, POST/],
    ["a deletion of all", 405, "method.unsupported", "DELETE", "/api/v1/sources", {}, /DELETE is not supported/],
    ["broken JSON", 400, "json.invalid", "POST", "/api/v1/sources", { raw: '{"a":\n  ,}', headers: json }, /line 2, column 3 \(position 8\), a value is due/],
    ["a cut text", 400, "json.invalid", "POST", "/api/v1/sources", { raw: '{"config":{', headers: json }, /the text ends/],
    ["a key twice", 400, "json.invalid", "POST", "/api/v1/sources", { raw: '{"a":1,"\\u0061":2}', headers: json }, /key "a" stands a second time/],
    ["deep nesting", 400, "json.invalid", "POST", "/api/v1/sources", { raw: "[".repeat(100_000), headers: json }, /nested more than 32/],
    ["bad UTF-8", 400, "json.invalid", "POST", "/api/v1/sources", { raw: new Uint8Array([0x22, 0xff, 0x22]), headers: json }, /UTF-8/],
    ["no body", 400, "createValidationError", "POST", "/api/v1/sources", {}, /definition is missing/],
    ["a list", 400, "createValidationError", "POST", "/api/v1/sources", { raw: "[]", headers: json }, /must be an object/],
    ["another sourceType", 400, "InvalidSourceType", "POST", "/api/v1/sources", { body: { source: { ...(definition() as { source: object }).source, sourceType: "HTTP" } } }, /Universal/],
    ["another type of body", 415, "contenttype.invalid", "POST", "/api/v1/sources", { raw: "<a/>", headers: { "content-type": "text/xml" } }, /application\/json/],
    ["another charset", 415, "contenttype.invalid", "POST", "/api/v1/sources", { raw: "{}", headers: { "content-type": "application/json; charset=utf-16" } }, /UTF-8/],
    ["a compressed body", 415, "contenttype.invalid", "POST", "/api/v1/sources", { raw: "{}", headers: { ...json, "content-encoding": "gzip" } }, /Content-Encoding/],
    ["a large body", 413, "request.too.large", "POST", "/api/v1/sources", { raw: " ".repeat(256 * 1024 + 1), headers: json }, /256 KiB/],
    ["a path that cannot be decoded", 400, "request.invalid", "GET", "/api/v1/sources/%E0%A4%A", {}, /malformed/],
  ];
  for (const [name, status, code, method, path, sent, message] of cases) {
    it(`answers ${name} with ${status} ${code} in the flat form`, async () => {
      const reply = await bench.send(method, path, sent);
      const body = reply.json as { status: number; code: string; message: string; id: string };
      assert.deepEqual([reply.status, body.status, body.code], [status, status, code], reply.text.slice(0, 300));
      assert.match(body.message, message);
      assert.match(body.id, /^[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}$/);
      assert.deepEqual(Object.keys(body).filter((key) => key !== "errors"), ["status", "id", "code", "message"]);
    });
  }

  it("takes JSON whatever a client calls it", async () => {
    for (const type of ["application/json", "application/json; charset=UTF-8", "application/x-www-form-urlencoded", "text/plain", "application/merge-patch+json", ""]) {
      const reply = await bench.send("POST", "/api/v1/sources", { raw: JSON.stringify(definition()), headers: { "content-type": type } });
      assert.equal(reply.status, 200, `${type}: ${reply.text}`);
    }
  });

  it("names the supported methods in Allow, and answers OPTIONS and HEAD", async () => {
    const refused = await bench.send("PATCH", "/v1/sources/1");
    assert.equal(refused.headers.allow, "GET, HEAD, PUT, DELETE, OPTIONS");
    const options = await bench.send("OPTIONS", "/v1/sources/1");
    assert.deepEqual([options.status, options.headers.allow, options.text], [204, refused.headers.allow, ""]);
    const head = await bench.send("HEAD", "/v1/sources");
    assert.deepEqual([head.status, head.text], [200, ""]);
  });

  it("does not listen to a body that is far too large", async () => {
    const outcome = await bench.send("POST", "/api/v1/sources", { raw: " ".repeat(6 * 1024 * 1024), headers: json }).then(({ status }) => status, (thrown: NodeJS.ErrnoException) => thrown.code);
    assert.ok([413, "ECONNRESET", "EPIPE"].includes(outcome as never), String(outcome));
    assert.equal((await bench.send("GET", "/api/v1/sources")).status, 200);
  });

  it("sends no answer that browsers may keep, frame, sniff or run", async () => {
    for (const path of ["/", "/api/v1/sources", "/healthz", "/nowhere"]) {
      const { headers } = await bench.send("GET", path);
      assert.equal(headers["cache-control"], "no-store", path);
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.match(headers["content-security-policy"] as string, /default-src 'none'/);
      assert.doesNotMatch(headers["content-security-policy"] as string, /unsafe|upgrade|script-src/);
      assert.deepEqual([headers["x-powered-by"], headers["strict-transport-security"]], [undefined, undefined]);
    }
  });

  it("tells readiness with reasons, and survives a check that fails", async () => {
    assert.deepEqual((await bench.send("GET", "/readyz")).json, { status: "ready" });
    bench.readiness = async () => ({ ready: false, reasons: ["the store does not answer"] });
    const not = await bench.send("GET", "/readyz", { key: null });
    assert.deepEqual([not.status, not.json], [503, { status: "not ready", reasons: ["the store does not answer"] }]);
    bench.readiness = async () => Promise.reject(new Error("secret path"));
    const failed = await bench.send("GET", "/readyz", { key: null });
    assert.equal(failed.status, 503);
    assert.ok(!failed.text.includes("secret path"));
    assert.match(String((await logged(bench, ({ method }) => method === "-")).thrown), /secret path/);
  });

  it("serves metrics with each source's api, debt and gaps", async () => {
    const { id } = await post(bench);
    const reply = await bench.send("GET", "/metrics");
    assert.match(reply.headers["content-type"] ?? "", /^text\/plain; version=0\.0\.4/);
    assert.match(reply.text, new RegExp(`collector_gap_seconds\\{source="${id}"\\} 0`));
    await bench.send("DELETE", `/api/v1/sources/${id}`);
    while ((await bench.send("GET", `/api/v1/sources/${id}`)).status === 200) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(!(await bench.send("GET", "/metrics")).text.includes(String(id)), "a deleted source leaves no series");
  });
});

describe("web: a store that fails", () => {
  it("answers 503 with Retry-After, logs the reason and does not show it", async () => {
    const faults = [new Fault("store-full", { detail: "secret/path" }), new Fault("store-failed", { detail: "secret/path", retryAfterMs: 7000 })];
    for (const fault of faults) {
      const broken = async () => Promise.reject(fault);
      const bench = await openBench({ store: { nextId: broken } as unknown as Store });
      const reply = await bench.send("POST", "/api/v1/sources", { body: definition() });
      assert.deepEqual([reply.status, reply.headers["retry-after"]], [503, fault.retryAfterMs ? "7" : "5"]);
      assert.ok(!reply.text.includes("secret/path"));
      assert.equal((await logged(bench, ({ status }) => status === 503)).thrown, fault);
      await bench.close();
    }
  });
});
