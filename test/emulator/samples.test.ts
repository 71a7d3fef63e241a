import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { form, json, rig, START_MS, TENANT, text, type Json } from "./rig.js";
import { graphFilter, HOUR_MS, reportingFilter } from "./rig.js";

const sample = (name: string): string => readFileSync(new URL(`../fixtures/samples/${name}`, import.meta.url), "utf8");
const parsed = (name: string): Json => JSON.parse(sample(name)) as Json;
const keys = (value: unknown): string[] => Object.keys(value as Json).toSorted();
interface RecordedError {
  readonly api: string;
  readonly http_status: number | null;
  readonly complete: boolean;
  readonly body: string;
}
const recorded = (api: string, status: number): RecordedError =>
  (JSON.parse(sample("api-error-bodies.json")) as RecordedError[]).find((error) => error.api === api && error.http_status === status)!;

const withRow = () => {
  const r = rig();
  r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - 1_000 });
  return r;
};

describe("emulator: answers have the form of the recorded ones", () => {
  it("Graph page and row", async () => {
    const expected = parsed("graph-v1-list-default-msdocs.json");
    const actual = json(await withRow().graph(graphFilter(START_MS - HOUR_MS, START_MS)));
    assert.deepEqual(keys(actual), keys(expected));
    const row = (actual["value"] as Json[])[0]!;
    assert.deepEqual(Object.keys(row), Object.keys((expected["value"] as Json[])[0]!));
    for (const [name, value] of Object.entries(parsed("graph-record-elastic.json"))) assert.equal(typeof row[name], typeof value, name);
    assert.equal(String(actual["@odata.context"]).split("$metadata")[1], String(expected["@odata.context"]).split("$metadata")[1]);
  });

  it("reporting page and row, light, empty and verbose", async () => {
    const query = reportingFilter(START_MS - HOUR_MS, START_MS);
    const expected = parsed("legacy-light-page-sumologic.json");
    const light = json(await withRow().reporting(query));
    assert.deepEqual(keys(light), keys(expected));
    assert.deepEqual(Object.keys((light["value"] as Json[])[0]!), Object.keys((expected["value"] as Json[])[0]!));
    assert.deepEqual(keys(json(await rig().reporting(query))), keys(parsed("legacy-light-empty-elastic.json")));
    const verbose = json(await withRow().reporting(`${query}&$format=json`));
    const rowOf = (page: Json): Json => ((page["d"] as Json)["results"] as Json[])[0]!;
    const expectedVerbose = parsed("legacy-verbose-page-sekoia-docs.json");
    assert.deepEqual([keys(verbose), keys(verbose["d"])], [keys(expectedVerbose), keys(expectedVerbose["d"])]);
    assert.deepEqual(Object.keys(rowOf(verbose)), Object.keys(rowOf(expectedVerbose)));
    assert.deepEqual(keys(rowOf(verbose)["__metadata"]), keys(rowOf(expectedVerbose)["__metadata"]));
    assert.match(String(rowOf(verbose)["Received"]), /^\/Date\(\d+\)\/$/);
  });

  it("token answers, v1 and v2", async () => {
    const r = rig();
    const ask = async (path: string, fields: Record<string, string>): Promise<Json> => json(await r.whole("POST", `/login/${TENANT.tenantId}/${path}`, {}, form({ grant_type: "authorization_code", redirect_uri: "https://localhost", ...fields })));
    const v1 = await ask("oauth2/token", { code: "code-1", resource: "https://outlook.office365.com" });
    assert.deepEqual(keys(v1), keys(parsed("entra-v1-refresh-success-msdocs-tokens-shortened.json")));
    for (const [name, value] of Object.entries(v1)) assert.equal(typeof value, "string", name);
    const v2 = await ask("oauth2/v2.0/token", { code: "code-2", scope: "https://graph.microsoft.com/.default offline_access" });
    // Without the scope openid there is no id_token.
    assert.deepEqual(keys(v2), keys(parsed("entra-v2-token-success-msdocs.json")).filter((name) => name !== "id_token"));
    const used = await ask("oauth2/token", { code: "code-1", resource: "https://outlook.office365.com" });
    assert.deepEqual(keys(used), keys(parsed("entra-v1-error-expired-code-msdocs.json")));
    assert.deepEqual(keys(used), keys(parsed("entra-v2-error-invalid-scope-msdocs.json")));
  });

  it("error bodies of both APIs", async () => {
    const r = rig();
    const query = reportingFilter(START_MS - HOUR_MS, START_MS);
    assert.equal(text(await r.reporting(`${query}&$top=1000]`)), recorded("legacy", 400).body);
    assert.equal(text(await r.reporting(`${query}&$skiptoken=999999`)), recorded("legacy", 500).body);
    r.emulator.faults.set("forbidden", { times: 1 });
    assert.equal(text(await r.reporting(query)), recorded("legacy", 403).body);
    r.emulator.faults.set("refuse-token", { times: 1 });
    assert.equal(text(await r.reporting(query)), recorded("legacy", 401).body);
    const bad = json(await r.graph("?$skiptoken=x"));
    const expected = JSON.parse(recorded("graph", 400).body) as Json;
    const inner = (body: Json): Json => body["error"] as Json;
    assert.deepEqual([inner(bad)["code"], inner(bad)["message"]], [inner(expected)["code"], inner(expected)["message"]]);
    assert.deepEqual([keys(inner(bad)), keys(inner(bad)["innerError"])], [keys(inner(expected)), keys(inner(expected)["innerError"])]);
    r.emulator.faults.set("no-service-principal", { times: 1 });
    assert.ok(text(await r.graph("")).startsWith(recorded("graph", 401).body.replace(/, \.\.\.$/, "")));
  });
});
