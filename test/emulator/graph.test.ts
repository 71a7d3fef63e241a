import assert from "node:assert/strict";
import * as fc from "fast-check";
import { allPages, DAY_MS, GRAPH_PATH, graphFilter, HOUR_MS, json, rig, START_MS, TENANT, type Json, type Rig } from "./rig.js";

const rowsOf = (body: Json): Json[] => body["value"] as Json[];
const key = (row: Json): string => `${String(row["id"])}|${String(row["recipientAddress"]).toLowerCase()}`;
const message = (body: Json): string => (body["error"] as { message: string }).message;
const hourBefore = graphFilter(START_MS - HOUR_MS, START_MS);
/** What the emulator itself knows to be visible. */
const known = (r: Rig, fromMs: number, toMs: number): string[] => [...r.emulator.produced()]
  .filter((row) => row.received.ms >= fromMs && row.received.ms <= toMs && row.visibleAtMs <= r.clock.nowMs())
  .map((row) => `${row.id}|${row.recipient.toLowerCase()}`);

describe("emulator: Graph limits", () => {
  const at = (ms: number): string => new Date(ms).toISOString();
  const cases: readonly [string, string, RegExp | undefined][] = [
    ["both bounds", hourBefore, undefined],
    ["neither bound", "", undefined],
    ["start alone", `?$filter=receivedDateTime ge ${at(START_MS - HOUR_MS)}`, /EndDate is required when a StartDate is entered/],
    ["end alone", `?$filter=receivedDateTime le ${at(START_MS)}`, /StartDate is required/],
    ["end later than now", graphFilter(START_MS - HOUR_MS, START_MS + 1), /EndDate can't be later/],
    ["ten days", graphFilter(START_MS - 10 * DAY_MS, START_MS), undefined],
    ["ten days and a millisecond", graphFilter(START_MS - 10 * DAY_MS - 1, START_MS), /can't be longer than 10 days/],
    ["90 days back by date", graphFilter(Date.parse("2025-12-01T00:00:00Z"), Date.parse("2025-12-01T01:00:00Z")), undefined],
    ["before that date", graphFilter(Date.parse("2025-11-30T23:59:59.999Z"), Date.parse("2025-12-01T01:00:00Z")), /older than 90 days/],
    ["top 5000", `${hourBefore}&$top=5000`, undefined],
    ["top 5001", `${hourBefore}&$top=5001`, /ResultSize is invalid/],
    ["top 0", `${hourBefore}&$top=0`, /ResultSize is invalid/],
    ["top word", `${hourBefore}&$top=ten`, /ResultSize is invalid/],
    ["lt", hourBefore.replace("%20le%20", "%20lt%20"), /not supported/],
    ["gt", hourBefore.replace("%20ge%20", "%20gt%20"), /not supported/],
    ["start after end", graphFilter(START_MS - HOUR_MS, START_MS - 2 * HOUR_MS), /StartDate can't be later/],
    ["garbage", "?$filter=what is this", /syntax error|not supported/],
    ["a foreign skip token", "?$skiptoken=abc", /^\|System\.ArgumentException\|Invalid starting recipient address$/],
    ["orderby, select and count", `${hourBefore}&$orderby=receivedDateTime asc&$select=id&$count=true`, undefined],
  ];
  for (const [name, query, expected] of cases) {
    it(`${name}: ${expected ? "400" : "200"}`, async () => {
      const answer = await rig().graph(query);
      assert.equal(answer.status, expected ? 400 : 200);
      if (expected) assert.match(message(json(answer)), expected);
    });
  }

  it("includes both bounds, at the millisecond", async () => {
    const r = rig();
    for (const [i, ms] of [0, 1, 500, 999, 1_000].entries()) r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - 10_000 + ms, receivedTicks: 9_999, recipient: `r${i}@x` });
    const recipients = async (from: number, to: number): Promise<unknown[]> =>
      rowsOf(json(await r.graph(graphFilter(START_MS - 10_000 + from, START_MS - 10_000 + to)))).map((row) => row["recipientAddress"]);
    assert.deepEqual(await recipients(0, 1_000), ["r4@x", "r3@x", "r2@x", "r1@x", "r0@x"]);
    assert.deepEqual(await recipients(1, 999), ["r3@x", "r2@x", "r1@x"]);
    assert.deepEqual(await recipients(500, 500), ["r2@x"]);
  });

  it("accepts time literals from whole seconds to nanoseconds", async () => {
    const r = rig();
    r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - 2_000 });
    for (const zone of ["Z", ".000Z", ".0000000Z", ".000000000Z", "", "%2B00:00"]) {
      const answer = await r.graph(`?$filter=receivedDateTime ge 2026-03-01T11:59:58${zone} and receivedDateTime le 2026-03-01T11:59:58${zone}`);
      assert.equal(rowsOf(json(answer)).length, 1, zone);
    }
  });

  it("gives the last 48 hours without a filter", async () => {
    const r = rig();
    for (const hours of [1, 47.9, 48.1]) r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - hours * HOUR_MS });
    assert.equal(rowsOf(json(await r.graph(""))).length, 2);
  });

  it("ignores or, in, ne and not, and keeps the last value of a property", async () => {
    const r = rig();
    for (const status of ["delivered", "failed", "pending"] as const) r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - 1_000, status, subject: `the ${status} one`, sender: `a@${status}.example` });
    const found = async (more: string): Promise<unknown[]> => rowsOf(json(await r.graph(graphFilter(START_MS - HOUR_MS, START_MS, more)))).map((row) => row["status"]).toSorted();
    const all = ["delivered", "failed", "pending"];
    assert.deepEqual(await found(" and status eq 'failed'"), ["failed"]);
    assert.deepEqual(await found(" and (status eq 'failed' or status eq 'pending')"), ["pending"]);
    assert.deepEqual(await found(" and status ne 'failed'"), all);
    assert.deepEqual(await found(" and not(status eq 'failed')"), all);
    assert.deepEqual(await found(" and status in ('failed','pending')"), all);
    assert.deepEqual(await found(" and contains(subject, 'PEND')"), ["pending"]);
    assert.deepEqual(await found(" and startsWith(subject, 'the d')"), ["delivered"]);
    assert.deepEqual(await found(" and senderAddress eq '*@failed.example'"), ["failed"]);
    assert.deepEqual(await found(" and senderAddress eq 'a@*'"), []);
  });

  it("says recalled only to those who ask for unknown members", async () => {
    const r = rig();
    r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - 1_000, status: "recalled" });
    const status = async (headers?: Record<string, string>): Promise<unknown> => rowsOf(json(await r.graph(hourBefore, headers)))[0]!["status"];
    assert.equal(await status(), "unknownFutureValue");
    assert.equal(await status({ Prefer: "include-unknown-enum-members" }), "recalled");
  });
});

describe("emulator: Graph pages", () => {
  it("gives every visible row once, newest first, whatever the flow and the page", async () => {
    await fc.assert(fc.asyncProperty(
      fc.record({ seed: fc.nat(), rows: fc.integer({ min: 0, max: 400 }), top: fc.integer({ min: 1, max: 150 }), shareLate: fc.double({ min: 0, max: 1, noNaN: true }), shareSameMs: fc.constantFrom(0, 0.5, 1) }),
      async ({ seed, rows, top, shareLate, shareSameMs }) => {
        const r = rig({ seed, quota: { requests: 1_000, perMs: 1 }, flow: { segments: [{ fromMs: START_MS - HOUR_MS, toMs: START_MS }], rowsPerSecond: rows / 3_600, shareLate, shareSameMs } });
        const read = await allPages(r, `${hourBefore}&$top=${top}`);
        assert.deepEqual(read.map(key).toSorted(), known(r, START_MS - HOUR_MS, START_MS).toSorted());
        const times = read.map((row) => Date.parse(String(row["receivedDateTime"])));
        assert.deepEqual(times, times.toSorted((a, b) => b - a));
      },
    ), { numRuns: 60 });
  });

  it("does not repeat or lose a row when rows are inserted between the pages", async () => {
    const r = rig({ flow: { segments: [{ fromMs: START_MS - HOUR_MS, toMs: START_MS }], rowsPerSecond: 0.05 } });
    const before = known(r, START_MS - HOUR_MS, START_MS);
    let inserted = 0;
    const read = (await allPages(r, `${hourBefore}&$top=10`, () => {
      r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - 1_000 * inserted++, recipient: `late${inserted}@x` });
    })).map(key);
    assert.ok(inserted > 10);
    assert.equal(new Set(read).size, read.length);
    assert.deepEqual(before.filter((row) => !read.includes(row)), []);
  });

  it("defaults to 1000 rows; the link is absolute, holds the query, and goes bad after minutes", async () => {
    const r = rig({ flow: { segments: [{ fromMs: START_MS - HOUR_MS, toMs: START_MS }], rowsPerSecond: 0.5, promptMsMax: 0, shareLate: 0 } });
    const first = json(await r.graph(hourBefore));
    assert.equal(rowsOf(first).length, 1_000);
    const link = String(first["@odata.nextLink"]);
    assert.match(link, /^http:\/\/emulator\.test\/graph\/v1\.0\/admin\/exchange\/tracing\/messageTraces\?%24skiptoken=/);
    const second = json(await r.graph(link));
    assert.equal(rowsOf(second).length + 1_000, known(r, START_MS - HOUR_MS, START_MS).length);
    assert.equal(second["@odata.nextLink"], undefined);
    r.clock.advance(600_000);
    const stale = await r.graph(link);
    assert.equal(stale.status, 400);
    assert.equal(message(json(stale)), "|System.ArgumentException|Invalid starting recipient address");
  });

  it("takes the origin of links from the address that was asked", async () => {
    const r = rig({ flow: { segments: [{ fromMs: START_MS - HOUR_MS, toMs: START_MS }], rowsPerSecond: 0.1 } });
    const body = json(await r.graph(`http://127.0.0.1:9080${GRAPH_PATH}${hourBefore}&$top=5`));
    assert.match(String(body["@odata.nextLink"]), /^http:\/\/127\.0\.0\.1:9080\/graph\//);
  });
});

describe("emulator: Graph rights and quota", () => {
  it("401 without token, with a wrong, foreign or expired one; 403 without role; 401 of its own without service principal", async () => {
    const r = rig({ tokenLifetimeMs: 60_000 });
    const code = async (authorization: string): Promise<unknown> => {
      const answer = await r.whole("GET", `${GRAPH_PATH}${hourBefore}`, { authorization });
      assert.equal(answer.status, 401);
      return json(answer)["error"];
    };
    const token = await r.token("graph");
    assert.match(JSON.stringify(await code("")), /InvalidAuthenticationToken/);
    assert.match(JSON.stringify(await code(`Bearer ${token}x`)), /not well formed/);
    assert.match(JSON.stringify(await code(`Bearer ${await r.token("reporting")}`)), /audience/);
    r.clock.advance(60_000);
    assert.match(JSON.stringify(await code(`Bearer ${token}`)), /expired/);
    assert.equal((await rig({ tenant: { applicationPermission: false } }).graph(hourBefore)).status, 403);
    const without = await rig({ tenant: { servicePrincipal: false } }).graph(hourBefore);
    assert.equal(without.status, 401);
    assert.match(message(json(without)), /8bd644d1-64a1-4d4b-ae52-2e0cbf64e373 was not found/);
  });

  it("answers 100 requests in any running 300 s, then 429 with the time to wait", async () => {
    const r = rig();
    for (let i = 0; i < 100; i++) {
      assert.equal((await r.graph("")).status, 200);
      r.clock.advance(1_000);
    }
    const refused = await r.graph("");
    assert.equal(refused.status, 429);
    assert.equal(refused.headers["retry-after"], "200");
    assert.equal(message(json(refused)), "Your recent queries have surpassed the permitted limit, please try again later.");
    r.clock.advance(199_999);
    assert.equal((await r.graph("")).status, 429);
    r.clock.advance(1);
    assert.equal((await r.graph("")).status, 200);
    assert.equal((await r.graph("")).status, 429);
    assert.deepEqual(r.emulator.status().tenants[0]!.quota, { used: 100, peak: 100, refused: 3 });
  });

  it("may leave Retry-After out", async () => {
    const r = rig({ quota: { requests: 1, perMs: 1_000 }, quotaRetryAfter: false });
    await r.graph("");
    const refused = await r.graph("");
    assert.equal(refused.status, 429);
    assert.equal(refused.headers["retry-after"], undefined);
  });
});
