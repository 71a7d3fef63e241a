import assert from "node:assert/strict";
import { validateDefinition } from "../../schema/index.js";
import { complaints } from "../../schema/load.js";
import { bare, CLIENT_ID, config10, config20, NOW_MS, type Json } from "./samples.js";

/** Every problem of a document: pointer and sentence. */
function problems(body: unknown): Record<string, string> {
  const verdict = validateDefinition(body, NOW_MS);
  assert.ok(!verdict.ok, "accepted");
  return Object.fromEntries(verdict.problems.map((problem) => [problem.pointer, problem.message]));
}

const GUID = "a GUID such as 3f2b8c1e-5d4a-4e0b-9c7d-1a2b3c4d5e6f.";
const SECRET = 'a text without spaces, or a reference: {"secretRef":"env:NAME"} (not a COLLECTOR_ variable), {"secretRef":"file:/path"} or {"secretRef":"keyvault:NAME"}';
const HIDDEN = `must be ${SECRET}; what was given is a secret and not shown.`;
const STAND_IN = "the stand-in of the documentation's example, still to be replaced: it must be";
const FIELD = "but must be a text of at most 200 characters without comma and control characters (the X-Sumo-Fields header cannot carry them).";
const KEY = "but a key must be a text of 1 to 255 characters without comma, equals sign and control characters.";
const DURATION = 'but must be a duration with unit s, m or h from "5s" to "24h", such as "5m".';
const START = 'but must be an ISO time with its zone such as "2026-11-01T00:00:00Z", or a duration back with unit s, m, h or d such as "24h".';
const NAMES = "but must be a list of 1 to 16 destination names, each once.";
const NAME = "but must be a text of 1 to 128 characters without control characters.";

/** Generation, changes to a valid config, and the one problem that is expected: key, sentence after the pointer. */
const CONFIGS: readonly (readonly ["1.0" | "2.0", Json, string, string])[] = [
  ["1.0", { app_client_id: "client_id" }, "app_client_id", `is "client_id", ${STAND_IN} ${GUID}`],
  ["1.0", { directory_tenant_id: "tenant_id" }, "directory_tenant_id", `is "tenant_id", ${STAND_IN} ${GUID}`],
  ["1.0", { client_secret: "secret" }, "client_secret", `is ${STAND_IN} ${SECRET}.`],
  ["1.0", { authorization_code: "code" }, "authorization_code", `is ${STAND_IN} ${SECRET}.`],
  ["2.0", { clientSecret: "client_secret" }, "clientSecret", `is ${STAND_IN} ${SECRET}.`],
  ["2.0", { clientSecret: "********" }, "clientSecret", 'is the mask that answers show in place of a secret, and no secret is stored here yet: give the secret itself, or a reference such as {"secretRef":"env:NAME"}.'],
  ["1.0", { app_client_id: "contoso" }, "app_client_id", `is "contoso", but must be ${GUID}`],
  ["1.0", { app_client_id: `{${CLIENT_ID}}` }, "app_client_id", `is "{${CLIENT_ID}}", but must be ${GUID}`],
  ["1.0", { app_client_id: "x".repeat(40) }, "app_client_id", `is a text of 40 characters, but must be ${GUID}`],
  ["1.0", { app_client_id: 7 }, "app_client_id", `is 7, but must be ${GUID}`],
  ["1.0", { app_client_id: undefined }, "app_client_id", `is missing: it must be ${GUID}`],
  ["1.0", { client_secret: "" }, "client_secret", HIDDEN],
  ["1.0", { client_secret: " hush" }, "client_secret", HIDDEN],
  ["1.0", { client_secret: { secretRef: "vault:hush" } }, "client_secret", HIDDEN],
  ["1.0", { client_secret: { secretRef: "env:COLLECTOR_ENCRYPTION_KEY" } }, "client_secret", HIDDEN],
  ["1.0", { client_secret: { secretRef: "file:relative" } }, "client_secret", HIDDEN],
  ["1.0", { client_secret: { secretRef: "env:A", value: "hush" } }, "client_secret", HIDDEN],
  ["1.0", { client_secret: null }, "client_secret", HIDDEN],
  ["1.0", { authorization_code: "https://localhost/?code=hush" }, "authorization_code", 'is the whole address of the page: it must be the value of its parameter "code" alone.'],
  ["1.0", { authorization_code: "hush&session_state=1" }, "authorization_code", 'holds more than the code: it must be the value of the parameter "code" alone, without "code=" and without "&session_state=" and what follows.'],
  ["1.0", { polling_interval: 4 }, "polling_interval", "is 4, but must be a whole number of seconds from 5 to 86400."],
  ["1.0", { polling_interval: 86_401 }, "polling_interval", "is 86401, but must be a whole number of seconds from 5 to 86400."],
  ["1.0", { polling_interval: "300" }, "polling_interval", 'is "300", but must be a whole number of seconds from 5 to 86400.'],
  ["1.0", { polling_interval: 7.5 }, "polling_interval", "is 7.5, but must be a whole number of seconds from 5 to 86400."],
  ["1.0", { polling_interval: Number.POSITIVE_INFINITY }, "polling_interval", "is Infinity, but must be a whole number of seconds from 5 to 86400."],
  ["1.0", { time_offset: -1 }, "time_offset", "is -1, but must be a whole number of seconds from 0 to 864000."],
  ["1.0", { time_offset: 864_001 }, "time_offset", "is 864001, but must be a whole number of seconds from 0 to 864000."],
  ["2.0", { pollingIntervalMin: "5" }, "pollingIntervalMin", `is "5", ${DURATION}`],
  ["2.0", { pollingIntervalMin: 5 }, "pollingIntervalMin", `is 5, ${DURATION}`],
  ["2.0", { pollingIntervalMin: "4s" }, "pollingIntervalMin", `is "4s", ${DURATION}`],
  ["2.0", { pollingIntervalMin: "25h" }, "pollingIntervalMin", `is "25h", ${DURATION}`],
  ["2.0", { pollingIntervalMin: "1d" }, "pollingIntervalMin", `is "1d", ${DURATION}`],
  ["2.0", { name: "" }, "name", `is "", ${NAME}`],
  ["2.0", { name: "n".repeat(129) }, "name", `is a text of 129 characters, ${NAME}`],
  ["2.0", { name: "a\r\nX-Sumo-Host: b" }, "name", `is "a\\r\\nX-Sumo-Host: b", ${NAME}`],
  ["2.0", { description: "d".repeat(1025) }, "description", "is a text of 1025 characters, but must be a text of 0 to 1024 characters."],
  ["2.0", { category: 1 }, "category", "is 1, but must be a text of 1 to 1024 characters without control characters."],
  ["2.0", { fields: [] }, "fields", "is an empty list, but must be an object of at most 10 entries."],
  ["2.0", { fields: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`k${i}`, "v"])) }, "fields", "is an object, but must be an object of at most 10 entries."],
  ["2.0", { fields: { a: "b,c" } }, "fields/a", `is "b,c", ${FIELD}`],
  ["2.0", { fields: { a: "b\nc" } }, "fields/a", `is "b\\nc", ${FIELD}`],
  ["2.0", { fields: { a: "v".repeat(201) } }, "fields/a", `is a text of 201 characters, ${FIELD}`],
  ["2.0", { fields: { a: true } }, "fields/a", `is true, ${FIELD}`],
  ["2.0", { fields: { _siemForward: "false" } }, "fields/_siemForward", 'is "false", but must be true or false.'],
  ["2.0", { api: "grap" }, "api", 'is "grap" (did you mean "graph"?), but must be "graph" or "reporting".'],
  ["2.0", { cloud: "mars" }, "cloud", 'is "mars", but must be "global", "gcc-high", "dod" or "china".'],
  ["2.0", { cloud: "gcc-high" }, "cloud", 'is "gcc-high" with api "graph", but Microsoft documents Graph message trace for the global cloud only: it must be "global".'],
  ["1.0", { cloud: "dod" }, "cloud", 'is "dod" with api "reporting", but Microsoft documents the reporting service for the global cloud only; no address for DoD is known: it must be "global".'],
  ["1.0", { cloud: "china" }, "cloud", 'is "china" with api "reporting", but Microsoft documents the reporting service for the global cloud only; the address for 21Vianet is known from an unofficial support note: it must be "global".'],
  ["2.0", { start: "yesterday" }, "start", `is "yesterday", ${START}`],
  ["2.0", { start: "2026-11-01" }, "start", `is "2026-11-01", ${START}`],
  ["2.0", { start: "2026-11-01T00:00:00" }, "start", `is "2026-11-01T00:00:00", ${START}`],
  ["2.0", { start: "2026-02-30T00:00:00Z" }, "start", `is "2026-02-30T00:00:00Z", ${START}`],
  ["2.0", { start: "2026-11-22T12:00:01Z" }, "start", "is 2026-11-22T12:00:01.000Z, which is in the future: it must be an instant that has passed."],
  ["2.0", { start: "91d" }, "start", "is 91 days back, but graph answers for 90 days: it must be at most 90 days back."],
  ["1.0", { start: "241h" }, "start", "is 11 days back, but reporting answers for 10 days: it must be at most 10 days back."],
  ["2.0", { destinations: [] }, "destinations", `is an empty list, ${NAMES}`],
  ["2.0", { destinations: ["a", "a"] }, "destinations", `is a list of 2, ${NAMES}`],
  ["2.0", { destinations: "default" }, "destinations", `is "default", ${NAMES}`],
  ["2.0", { paused: "yes" }, "paused", 'is "yes", but must be true or false.'],
  ["2.0", { settle_horizon: 864_001 }, "settle_horizon", "is 864001, but must be a whole number of seconds from 0 to 864000."],
  ["2.0", { status_changes: "never" }, "status_changes", 'is "never", but must be "every", "final" or "off".'],
  ["2.0", { catch_up: "Newest" }, "catch_up", 'is "Newest" (did you mean "newest"?), but must be "oldest" or "newest".'],
  ["2.0", { budget_reserve: 1 }, "budget_reserve", "is 1, but must be a number from 0 to 0.9."],
  ["1.0", { polling_intervall: 300 }, "polling_intervall", "is not a known key: did you mean polling_interval?"],
  ["2.0", { settleHorizon: 300 }, "settleHorizon", "is not a known key: did you mean settle_horizon?"],
];

/** Whole documents and all their problems. */
const DOCUMENTS: readonly (readonly [string, unknown, Record<string, RegExp>])[] = [
  ["null", null, { "": /^The definition is null, but must be an object with schemaRef, sourceType and config\.$/ }],
  ["a text", "hush", { "": /^The definition is a text, but must be/ }],
  ["a list", [1, 2], { "": /^The definition is a list of 2, but must be/ }],
  ["a source that is a text", { source: "hush" }, { "/source": /^\/source is a text, but must be an object/ }],
  ["several sources", { sources: [] }, { "/sources": /a definition is one source/ }],
  ["another api.version", { "api.version": "v2", source: bare(config20()) }, { "/api.version": /^\/api\.version is "v2", but must be "v1"\.$/ }],
  ["the config alone", config20(), {
    "/schemaRef": /^\/schemaRef is missing: it must be an object such as/,
    "/sourceType": /^\/sourceType is missing: it must be "Universal"\.$/,
    "/config": /^\/config is missing: .* The keys clientID, tenantID, clientSecret stand where config should/,
  }],
  ["another type", bare(config20(), { schemaRef: { type: "MS Exchange Trace Log" } }), { "/schemaRef/type": /is "MS Exchange Trace Log" \(did you mean "MS Exchange Trace Logs"\?\), but must be/ }],
  ["a misspelled envelope", bare(config20(), { schemaRef: undefined, schemaref: {} }), { "/schemaRef": /^\/schemaRef is missing \(is "schemaref" meant to be it\?\)/ }],
  ["another source type", bare(config20(), { sourceType: "HTTP" }), { "/sourceType": /^\/sourceType is "HTTP", but must be "Universal"\.$/ }],
  ["a version that is none", bare(config20(), { schemaRef: { type: "MS Exchange Trace Logs", version: "two" } }), { "/schemaRef/version": /is "two", but must be "latest" or a version/ }],
  ["an id that is a text", bare(config20(), { id: "7" }), { "/id": /^\/id is "7", but must be a whole number/ }],
  ["an empty config", bare({}), { "/config": /^\/config has no key that tells its generation: 1\.0 has app_client_id, .*; 2\.0 has clientID, / }],
  ["a misspelled generation", bare({ client_idd: 1 }), { "/config": /no key that tells/, "/config/client_idd": /did you mean clientID\?$/ }],
  ["a mix of generations", bare(config10({ clientID: CLIENT_ID })), { "/config": /^\/config mixes the keys of two generations, app_client_id, directory_tenant_id, client_secret \(1\.0\) and clientID \(2\.0\): use the keys of one\.$/ }],
  ["a mix with time_offset", bare(config20({ time_offset: 0 })), { "/config": /time_offset \(1\.0\) and clientID, tenantID, clientSecret \(2\.0\)/ }],
  ["a comma in a key", bare(config20({ fields: { "a,b": "c" } })), { "/config/fields/a,b": new RegExp(`^/config/fields has the key "a,b", ${KEY}$`) }],
  ["an equals sign in a key", bare(config20({ fields: { "a=b": "c" } })), { "/config/fields/a=b": new RegExp(`has the key "a=b", ${KEY}$`) }],
  ["several faults, wrapped", { source: bare(config10({ app_client_id: "x", polling_interval: 1, cloud: "dod", start: "99d", color: "red" })) }, {
    "/source/config/app_client_id": /must be a GUID/,
    "/source/config/polling_interval": /from 5 to 86400/,
    "/source/config/color": /is not a known key: known keys are name, /,
    "/source/config/cloud": /global cloud only/,
    "/source/config/start": /at most 10 days back/,
  }],
];

describe("a definition that is wrong", () => {
  for (const [generation, changes, key, sentence] of CONFIGS) {
    const title = JSON.stringify(changes, (_, value: unknown) => (value === undefined ? "(absent)" : value)).slice(0, 80);
    it(`${generation} with ${title} is refused with the reason`, () => {
      const config = generation === "1.0" ? config10(changes) : config20(changes);
      assert.deepEqual(problems(bare(config)), { [`/config/${key}`]: `/config/${key} ${sentence}` });
    });
  }

  for (const [title, body, expected] of DOCUMENTS) {
    it(`${title} is refused with the reason`, () => {
      const found = problems(body);
      assert.deepEqual(Object.keys(found).toSorted(), Object.keys(expected).toSorted());
      for (const [pointer, sentence] of Object.entries(expected)) assert.match(found[pointer] ?? "", sentence);
    });
  }

  for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    it(`${key} is an unknown key like any other`, () => {
      const config = JSON.parse(JSON.stringify(config20()).replace("{", `{${JSON.stringify(key)}:{"x":1},`)) as unknown;
      const verdict = validateDefinition(bare(config), NOW_MS);
      assert.ok(!verdict.ok);
      assert.deepEqual(verdict.problems.map((problem) => problem.pointer), [`/config/${key}`]);
      assert.match(verdict.problems[0]?.message ?? "", /is not a known key/);
    });
  }

  it("does not compare a hostile list all with all", () => {
    const destinations = Array.from({ length: 60_000 }, (_, index) => `d${index % 30_000}`);
    assert.deepEqual(problems(bare(config20({ destinations }))), { "/config/destinations": `/config/destinations is a list of 60000, ${NAMES}` });
    assert.deepEqual(complaints("sources/common.schema.json", { destinations }).map((error) => error.keyword), ["maxItems"]);
  });

  it("is judged whole, however many faults come before", () => {
    const fields = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, index]));
    const verdict = validateDefinition(bare(config20({ fields, start: 7, pollingIntervalMin: [] })), NOW_MS);
    assert.ok(!verdict.ok);
    assert.equal(verdict.problems.length, 101);
  });

  it("has a bounded number of sentences, and says that there are more", () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`unknown${index}`, index]));
    const verdict = validateDefinition(bare(config20(many)), NOW_MS);
    assert.ok(!verdict.ok);
    assert.equal(verdict.problems.length, 101);
    assert.equal(verdict.problems.at(-1)?.message, "4900 more problems are left out.");
  });
});
