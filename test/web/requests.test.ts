/** Requests that are in order and such that nearly are, by the thousand: the API takes what the schemas take and nothing else, and a refusal changes nothing. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { problemsOf, separateSecrets, validateCollector, validateDefinition } from "../../schema/index.js";
import { COLLECTOR_ID, NOW_MS, openBench, type Bench, type Reply } from "./harness.js";
import { collectors, definitions, keys, spoilt, type Json } from "./wishes.js";

const DESTINATIONS = ["default", "archive"];
const TYPE = "MS Exchange Trace Logs";

interface Shown {
  readonly id: number;
  readonly name: string;
  readonly config: Json;
  readonly revision: number;
}

describe("web: requests by the thousand", function () {
  this.timeout(120_000);
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const shown = (reply: Reply) => (reply.json as { source: Shown }).source;
  /** What a refused request must leave as it was. */
  async function everything(): Promise<string> {
    const { store } = bench;
    return JSON.stringify([await store.sources(), await store.collectors(), await store.keys(), await store.events({ limit: 1000 }), [...bench.states], (await store.audit({ limit: 1 }))[0]?.number]);
  }
  /** Whether the schemas take a definition, and the bench has its destinations. */
  function isTaken(body: Json, existing = false): boolean {
    const verdict = validateDefinition(body, NOW_MS, { existing });
    return verdict.ok && verdict.normal.destinations.every((name) => DESTINATIONS.includes(name));
  }
  async function gone(path: string): Promise<void> {
    while ((await bench.send("GET", path)).status === 200) await new Promise((resolve) => setImmediate(resolve));
  }

  it("definitions in order are taken, given back as they came with secrets masked, replaced by themselves, and deleted", async () => {
    await fc.assert(
      fc.asyncProperty(definitions, async (body) => {
        assert.ok(isTaken(body), JSON.stringify([body, validateDefinition(body, NOW_MS)]));
        const made = await bench.send("POST", `/api/v1/collectors/${COLLECTOR_ID}/sources`, { body });
        assert.equal(made.status, 200, made.text);
        const { config: given } = (body["source"] ?? body) as { config: Json };
        const { config: masked, secrets } = separateSecrets(TYPE, given);
        const source = shown(made);
        assert.deepEqual(source.config, { name: source.name, ...masked });
        for (const text of Object.values(secrets)) assert.ok(typeof text !== "string" || !made.text.includes(text));
        const path = `/v1/sources/${source.id}`;
        const read = await bench.send("GET", path);
        const again = await bench.send("PUT", path, { headers: { "if-match": read.headers.etag ?? "" }, body: { source: shown(read) } });
        assert.deepEqual([again.status, shown(again).config, shown(again).revision], [200, source.config, 2], again.text);
        assert.deepEqual(bench.app.definitions.get(source.id)!.record.secrets, secrets, "masked ones are kept");
        const before = await everything();
        assert.equal((await bench.send("PUT", path, { headers: { "if-match": made.headers.etag ?? "" }, body })).status, 412);
        assert.equal(await everything(), before);
        assert.equal((await bench.send("DELETE", path)).status, 200);
        await gone(path);
      }),
      { numRuns: 300 },
    );
  });

  it("definitions that nearly are in order are taken or refused as the schemas say, on create and on replace", async () => {
    const kept = await bench.send("POST", "/api/v1/sources", { body: { schemaRef: { type: TYPE }, sourceType: "Universal", config: { name: "kept", clientID: "11111111-2222-3333-4444-555555555555", tenantID: "66666666-7777-8888-9999-aaaaaaaaaaaa", clientSecret: "Kept~Secret-Value.8" } } });
    const path = `/api/v1/sources/${shown(kept).id}`;
    const tally = { taken: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(spoilt(definitions), async (body) => {
        let before = await everything();
        const made = await bench.send("POST", "/api/v1/sources", { body });
        assert.equal(made.status, isTaken(body) ? 200 : 400, `${JSON.stringify(body)} ${made.text}`);
        tally[made.status === 200 ? "taken" : "refused"]++;
        if (made.status === 400) assert.equal(await everything(), before);
        else await bench.send("DELETE", `/api/v1/sources/${shown(made).id}`).then(() => gone(`/api/v1/sources/${shown(made).id}`));
        before = await everything();
        const { headers } = await bench.send("GET", path);
        const put = await bench.send("PUT", path, { headers: { "if-match": headers.etag ?? "" }, body });
        assert.ok([200, 400].includes(put.status), put.text);
        if (put.status === 400) assert.equal(await everything(), before);
        // A mask keeps what is stored; anything else must be taken on its own.
        else assert.ok(isTaken(body, true) || JSON.stringify(body).includes("********"), JSON.stringify(body));
      }),
      { numRuns: 600 },
    );
    assert.ok(tally.taken > 30 && tally.refused > 200, JSON.stringify(tally));
  });

  it("collectors and access keys, in order and nearly, are taken or refused as the schemas say", async () => {
    const tally = { taken: 0, refused: 0 };
    const asked = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(fc.constant("collectors" as const), fc.oneof(collectors, spoilt(collectors))) },
      // A key costs a hash.
      { weight: 1, arbitrary: fc.tuple(fc.constant("accessKeys" as const), fc.oneof(keys, spoilt(keys))) },
    );
    await fc.assert(
      fc.asyncProperty(asked, async ([family, body]) => {
        const before = await everything();
        const taken = family === "collectors" ? validateCollector(body).ok && nameOf(body) !== "default" : problemsOf("access-key.schema.json", body, { subject: "The access key" }).length === 0 && !(Date.parse(String(body["expires"] ?? "2031-01-01")) <= NOW_MS);
        const made = await bench.send("POST", `/api/v1/${family}`, { body });
        assert.equal(made.status, taken ? 200 : 400, `${JSON.stringify(body)} ${made.text}`);
        tally[taken ? "taken" : "refused"]++;
        if (!taken) return assert.equal(await everything(), before);
        const { id } = Object.values(made.json as Record<string, { id: number | string }>)[0]!;
        const one = `/api/v1/${family}/${id}`;
        assert.equal((await bench.send("GET", one)).status, 200);
        assert.equal((await bench.send("DELETE", one)).status, 200);
        if (family === "collectors") while ((await bench.store.collectors()).length > 0) await new Promise((resolve) => setImmediate(resolve));
      }),
      { numRuns: 800 },
    );
    assert.ok(tally.taken > 200 && tally.refused > 100, JSON.stringify(tally));
  });
});

function nameOf(body: Json): unknown {
  return ((body["collector"] ?? body) as Json)["name"];
}
