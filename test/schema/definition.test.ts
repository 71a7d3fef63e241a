import assert from "node:assert/strict";
import { validateDefinition, type DefinitionVerdict } from "../../schema/index.js";
import { bare, CLIENT_ID, config10, config20, NOW_MS, TENANT_ID } from "./samples.js";

type Accepted = Extract<DefinitionVerdict, { ok: true }>;

function accepted(body: unknown, options = {}): Accepted {
  const verdict = validateDefinition(body, NOW_MS, options);
  assert.ok(verdict.ok, JSON.stringify(verdict));
  return verdict;
}

describe("a definition that is right", () => {
  it("means the same bare, in source and in the file form", () => {
    const source = bare(config20({ name: "one" }));
    const [first, second, third] = [source, { source }, { "api.version": "v1", source }].map((body) => accepted(body));
    assert.deepEqual(second, first);
    assert.deepEqual(third, first);
  });

  it("of generation 1.0 is normalised with its defaults", () => {
    assert.deepEqual(accepted(bare(config10())).normal, {
      generation: "1.0", name: "MS Exchange Trace Logs", fields: {}, clientId: CLIENT_ID, tenantId: TENANT_ID, clientSecret: "abc~DEF.123",
      pollingIntervalMs: 300_000, timeOffsetMs: 0, api: "reporting", cloud: "global", start: { backMs: 300_000 }, destinations: ["default"],
      paused: false, settleHorizonMs: 86_400_000, statusChanges: "every", annotate: false, catchUp: "oldest", budgetReserve: 0.2,
    });
  });

  it("of generation 2.0 reads Graph every five minutes by default", () => {
    const { normal } = accepted(bare(config20()));
    assert.deepEqual([normal.generation, normal.api, normal.pollingIntervalMs, normal.timeOffsetMs], ["2.0", "graph", 300_000, 0]);
  });

  it("carries every setting into its meaning", () => {
    const everything = {
      name: "n", description: "d", category: "c", fields: { _siemForward: true, a: "b" }, authorization_code: "0.AbC", polling_interval: 60, time_offset: 3600,
      api: "graph", start: "2026-11-01T00:00:00+01:00", destinations: ["a", "b"], paused: true, settle_horizon: 0, status_changes: "final", annotate: true,
      catch_up: "newest", budget_reserve: 0.5, client_secret: { secretRef: "env:NAME" }, app_client_id: CLIENT_ID.toUpperCase(),
    };
    assert.deepEqual(accepted(bare(config10(everything))).normal, {
      generation: "1.0", name: "n", description: "d", category: "c", fields: { _siemForward: true, a: "b" }, clientId: CLIENT_ID, tenantId: TENANT_ID,
      clientSecret: { secretRef: "env:NAME" }, authorizationCode: "0.AbC", pollingIntervalMs: 60_000, timeOffsetMs: 3_600_000, api: "graph", cloud: "global",
      start: { atMs: Date.parse("2026-10-31T23:00:00Z") }, destinations: ["a", "b"], paused: true, settleHorizonMs: 0, statusChanges: "final", annotate: true,
      catchUp: "newest", budgetReserve: 0.5,
    });
  });

  it("is answered as it was written, with the type in its first spelling", () => {
    const config = config10({ polling_interval: 60 });
    const { definition } = accepted(bare(config, { schemaRef: { type: "Microsoft Exchange Trace Logs", version: "1.0.3" } }));
    assert.deepEqual(definition, { schemaRef: { type: "MS Exchange Trace Logs", version: "1.0.3" }, sourceType: "Universal", config });
    assert.notEqual(definition.config, config);
  });

  it("may carry what an answer carries, and keeps its id", () => {
    const { definition } = accepted(bare(config20(), { id: 100000001, name: "x", state: { state: "Collecting" }, alive: true, links: [] }));
    assert.deepEqual(Object.keys(definition), ["id", "schemaRef", "sourceType", "config"]);
    assert.equal(definition.id, 100000001);
  });

  for (const [start, expected] of [["90d", { backMs: 7_776_000_000 }], ["2160h", { backMs: 7_776_000_000 }], ["2026-11-22T12:00:00Z", { atMs: NOW_MS }], ["2026-11-22T11:59:59.999Z", { atMs: NOW_MS - 1000 }]] as const) {
    it(`may start at ${start}`, () => assert.deepEqual(accepted(bare(config20({ start }))).normal.start, expected));
  }

  for (const [interval, ms] of [["5s", 5000], ["90m", 5_400_000], ["24h", 86_400_000]] as const) {
    it(`may poll every ${interval}`, () => assert.equal(accepted(bare(config20({ pollingIntervalMin: interval }))).normal.pollingIntervalMs, ms));
  }

  it("that exists already may have a start that has slipped out of history", () => {
    const body = bare(config20({ start: "2026-01-01T00:00:00Z" }));
    assert.equal(validateDefinition(body, NOW_MS).ok, false);
    const { warnings, normal } = accepted(body, { existing: true });
    assert.deepEqual(normal.start, { atMs: Date.parse("2026-01-01T00:00:00Z") });
    assert.match(warnings.join(), /\/config\/start is 326 days back/);
  });

  it("that exists already may still not start in the future", () => {
    assert.equal(validateDefinition(bare(config20({ start: "2027-01-01T00:00:00Z" })), NOW_MS, { existing: true }).ok, false);
  });
});

describe("a warning", () => {
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ["tells of a short interval, 1.0", bare(config10({ polling_interval: 59 })), /^\/config\/polling_interval is below 60 seconds/],
    ["tells of a short interval, 2.0, with the pointer of the document", { source: bare(config20({ pollingIntervalMin: "59s" })) }, /^\/source\/config\/pollingIntervalMin is below 60 seconds/],
    ["tells that the reporting service is being retired", bare(config10()), /^\/config\/api is "reporting": .* retiring/],
    ["tells what is needed without authorization code", bare(config10()), /ReportingWebService\.Read\.All and the role Global Reader/],
    ["tells a Secret ID from a secret", bare(config20({ clientSecret: TENANT_ID })), /^\/config\/clientSecret looks like the Secret ID/],
    ["tells of settling beyond the API's history", bare(config10({ time_offset: 864_000 })), /^\/config\/settle_horizon and time_offset together/],
    ["tells that the keys decide, not the version", bare(config20(), { schemaRef: { type: "MS Exchange Trace Logs", version: "1.0.0" } }), /^\/schemaRef\/version is "1.0.0", but the keys/],
    ["tells of a setting beside config", bare(config20(), { annotate: true }), /^\/annotate is ignored beside config/],
    ["tells of a collector, which only a repository's file names", { source: bare(config20(), { collector: "west" }) }, /^\/source\/collector is ignored here: the path names the collector/],
  ];
  for (const [title, body, expected] of cases) {
    it(title, () => assert.ok(accepted(body).warnings.some((warning) => expected.test(warning)), JSON.stringify(accepted(body).warnings)));
  }

  it("is not given for a sound definition", () => {
    assert.deepEqual(accepted(bare(config20({ pollingIntervalMin: "1m" }), { schemaRef: { type: "MS Exchange Trace Logs", version: "latest" } })).warnings, []);
    assert.deepEqual(accepted(bare(config10({ polling_interval: 60, api: "graph" }))).warnings, []);
  });
});
