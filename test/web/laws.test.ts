/** Laws over thousands of hostile requests: no 5xx, no hang, no secret in an answer, nothing changed by a refused request. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { findJsonFault } from "../../service/web/json-text.js";
import { createAccessKey } from "../../service/web/access-keys.js";
import { CLIENT_SECRET, COLLECTOR_ID, definition, openBench, post, type Bench } from "./harness.js";

const nasty = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", "config", "source", "schemaRef", "clientSecret", "", "\u0000", "\ud800", "../..", "%00", "<script>"),
  fc.string({ unit: "binary", maxLength: 20 }),
);
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, nasty, fc.double(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null), fc.constant(1e308), fc.array(tie("any"), { maxLength: 4 }), fc.dictionary(nasty, tie("any"), { maxKeys: 4 })),
})).any;
/** A good definition with something replaced, added or taken away. */
const mutated = fc.tuple(fc.array(fc.tuple(fc.constantFrom("", "schemaRef", "config"), fc.oneof(nasty, fc.constantFrom("name", "fields", "start", "destinations", "clientID", "type", "id", "sourceType")), value), { minLength: 1, maxLength: 3 })).map(([changes]) => {
  const { source } = structuredClone(definition()) as { source: Record<string, unknown> };
  for (const [place, key, replacement] of changes) {
    const holder = (place === "" ? source : source[place]) as Record<string, unknown>;
    if (typeof holder !== "object" || holder === null) continue;
    Object.defineProperty(holder, key, { value: replacement, enumerable: true, configurable: true, writable: true });
  }
  return { source };
});
/** A good collector or access key with something replaced, added or taken away. */
const administered = fc.tuple(fc.constantFrom<object>({ name: "west", collectorType: "Hosted", fields: { a: "b" } }, { name: "ci", role: "reader" }), fc.boolean(), fc.array(fc.tuple(fc.oneof(nasty, fc.constantFrom("name", "fields", "id", "timeZone", "collectorType", "role", "expires", "description", "data")), value), { maxLength: 2 })).map(([good, wrap, changes]) => {
  const one = structuredClone(good) as Record<string, unknown>;
  for (const [key, replacement] of changes) Object.defineProperty(one, key, { value: replacement, enumerable: true, configurable: true, writable: true });
  return wrap ? { collector: one } : one;
});
const body = fc.oneof(
  administered.map((one) => JSON.stringify(one)),
  mutated.map((one) => JSON.stringify(one)),
  value.map((one) => JSON.stringify(one) ?? ""),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom('{"source":1e999}', '{"a":1,"a":2}', '{"__proto__":{"config":{}}}', "[[[[]]]]", '{"id":99999999999999999999999}', "nul", "{", "\ufeff{}"),
);
const segment = fc.oneof(nasty.map(encodeURIComponentSafe), fc.constantFrom("sources", "collectors", "v1", "api", String(COLLECTOR_ID), "100000001", "100000002", "9".repeat(40), "-1", "0x1", "status", "coverage", "backfill", "pause", "events", "name", "west", "offline", "accessKeys", "audit", "healthEvents", "resources", "tail", "config", "%", "%zz", "."));
const path = fc.oneof(
  fc.array(segment, { maxLength: 6 }).map((parts) => `/${parts.join("/")}`),
  fc.tuple(fc.constantFrom("/collectors", "/collectors/100000002", "/collectors/100000002/sources", "/collectors/name/west", "/accessKeys", "/accessKeys/x", "/audit", "/healthEvents", "/healthEvents/resources", "/config/plan"), fc.constantFrom("", "?limit=1&offset=1", "?token=9e9", "?token=%ff", "?filter=__proto__", "?limit=")).map((parts) => `/api/v1${parts.join("")}`),
  fc.tuple(fc.constantFrom("", "/100000001", "/100000001/backfill", "/100000001/rewind", "/100000001/give-up", "/100000001/coverage", "/100000001/events", "/100000001/tail"), fc.constantFrom("", "?from=2026-11-22T00:00:00Z", "?limit=1e9", "?from[]=1&__proto__=2", "?%", "?from=0000-01-01T00:00:00Z&to=9999-12-31T23:59:59Z")).map((parts) => `/api/v1/sources${parts.join("")}`),
);
const headers = fc.dictionary(
  fc.constantFrom("if-match", "if-none-match", "content-type", "accept", "range", "x-forwarded-for", "accept-encoding", "x-http-method-override"),
  fc.oneof(fc.constantFrom("*", '"', 'W/"x"', "application/json", "text/html", "bytes=0-", "application/json; charset=\"", ",,,"), fc.string({ maxLength: 30 }).map((text) => text.replace(/[^\x20-\x7e]/g, "?").trim())),
  { maxKeys: 3 },
);
const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND");

describe("web: laws", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
    await post(bench, { name: "kept" });
  });
  afterEach(() => bench.close());

  it("hostile requests never end in a 5xx, never show a secret, and change nothing when refused", async () => {
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(method, path, headers, body, async (method, path, headers, raw) => {
        const before = await everything();
        const withBody = !["GET", "HEAD"].includes(method);
        const reply = await bench.send(method, path, { headers, ...(withBody ? { raw } : {}) });
        seen.set(reply.status, (seen.get(reply.status) ?? 0) + 1);
        assert.ok(reply.status < 500, `${reply.status} ${reply.text} ${String(bench.log.at(-1)?.thrown)}`);
        assert.ok(!reply.text.includes(CLIENT_SECRET));
        if (reply.status >= 400) assert.equal(await everything(), before);
        if (reply.status >= 400 && method !== "HEAD") assert.equal((reply.json as { status: number }).status, reply.status);
      }),
      { numRuns: 1500 },
    );
    for (const status of [200, 400, 404, 405]) assert.ok(seen.has(status), `the requests reach ${status}: ${JSON.stringify([...seen])}`);
  });

  it("nearly valid collectors and access keys are created or refused, and what is created can be read, listed and deleted", async () => {
    const created = { collectors: 0, accessKeys: 0 };
    await fc.assert(
      fc.asyncProperty(administered, fc.constantFrom("collectors", "accessKeys"), async (one, family) => {
        const before = await everything();
        const reply = await bench.send("POST", `/api/v1/${family}`, { body: one });
        assert.ok([200, 400].includes(reply.status), reply.text);
        if (reply.status === 400) return assert.equal(await everything(), before);
        created[family as keyof typeof created]++;
        const { id } = Object.values(reply.json as Record<string, { id: number | string }>)[0]!;
        for (const asked of [`/api/v1/${family}/${id}`, `/api/v1/${family}`, "/api/v1/audit"]) assert.equal((await bench.send("GET", asked)).status, 200, asked);
        assert.equal((await bench.send("DELETE", `/api/v1/${family}/${id}`)).status, 200);
      }),
      { numRuns: 400 },
    );
    assert.ok(created.collectors > 0 && created.accessKeys > 0, JSON.stringify(created));
  });

  it("a reader changes nothing, whatever he sends", async () => {
    const key = await createAccessKey(bench.store, bench.clock, { name: "looks", role: "reader" });
    const before = await everything();
    await fc.assert(
      fc.asyncProperty(method, path, headers, body, async (method, path, headers, raw) => {
        const reply = await bench.send(method, path, { key, headers, ...(["GET", "HEAD"].includes(method) ? {} : { raw }) });
        assert.ok(reply.status < 500, reply.text);
        assert.equal(await everything(), before, `${method} ${path}`);
      }),
      { numRuns: 500 },
    );
  });

  it("nearly valid definitions are created or refused, and what is created can be read, listed and deleted", async () => {
    let created = 0;
    await fc.assert(
      fc.asyncProperty(mutated, async (one) => {
        const reply = await bench.send("POST", "/api/v1/sources", { body: one });
        assert.ok([200, 400].includes(reply.status), reply.text);
        assert.ok(!reply.text.includes(CLIENT_SECRET));
        if (reply.status === 400) return;
        created++;
        const { id } = (reply.json as { source: { id: number } }).source;
        const path = `/api/v1/sources/${id}`;
        for (const asked of [path, `${path}/status`, `${path}/coverage`, "/api/v1/sources", "/", "/metrics"]) {
          const shown = await bench.send("GET", asked);
          assert.equal(shown.status, 200, asked);
          assert.ok(!shown.text.includes(CLIENT_SECRET), asked);
        }
        assert.equal((await bench.send("DELETE", path)).status, 200);
      }),
      { numRuns: 300 },
    );
    assert.ok(created > 0);
  });

  it("the look at a JSON text agrees with JSON.parse, and names places inside the text", () => {
    const broken = fc.tuple(fc.json(), fc.nat(200), fc.constantFrom("", ",", "}", "]", '"', "\\", "\n", "1", "-", "e", ":", "{", "\u0001", "tru")).map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken, fc.string(), fc.json().map((text) => JSON.stringify(JSON.parse(text), null, 2))), (text) => {
        const fault = findJsonFault(text, 1000);
        const parses = ((): boolean => {
          try {
            return (JSON.parse(text), true);
          } catch {
            return false;
          }
        })();
        if (fault?.what.includes("second time")) return;
        assert.equal(fault === undefined, parses, `${JSON.stringify(text)}: ${fault?.what}`);
        if (fault) assert.ok(fault.offset >= 0 && fault.offset <= text.length);
      }),
      { numRuns: 3000 },
    );
  });

  async function everything(): Promise<string> {
    const { store } = bench;
    return JSON.stringify([await store.sources(), [...bench.states], await store.events({ limit: 1000 }), await store.collectors(), await store.keys(), (await store.audit({ limit: 1 }))[0]?.number]);
  }
});

function encodeURIComponentSafe(text: string): string {
  return encodeURIComponent(text.replace(/[\ud800-\udfff]/g, "?"));
}
