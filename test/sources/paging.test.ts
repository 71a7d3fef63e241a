import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { FaultCode } from "../../service/core/fault.js";
import type { Scripted } from "./scripted-http.js";
import { faultOf, NOW_MS, rig, WINDOW } from "./source-ports.js";

const GRAPH_URL = "https://graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces";
const REPORTING_URL = "https://reports.office365.com/ecp/reportingwebservice/reporting.svc/MessageTrace";
const sample = (name: string): string => readFileSync(new URL(`../fixtures/samples/${name}`, import.meta.url), "utf8");
const rowOf = (id: number) => ({ id: `id-${id}`, recipientAddress: "a@contoso.com", receivedDateTime: "2026-11-22T11:30:00Z" });
function graphPage(ids: readonly number[], next?: string): Scripted {
  return { json: { value: ids.map(rowOf), ...(next === undefined ? {} : { "@odata.nextLink": next }) } };
}
const link = (token: string): string => `${GRAPH_URL}?%24skiptoken=${token}`;

describe("paging: requests", () => {
  it("asks Graph for a whole window, both bounds inclusive, in whole seconds", async () => {
    const at = rig("graph", [graphPage([1])]);
    await at.readAll();
    const url = new URL(at.requests[0]!.url);
    assert.equal(url.origin + url.pathname, GRAPH_URL);
    assert.equal(url.searchParams.get("$filter"), "receivedDateTime ge 2026-11-22T11:00:00Z and receivedDateTime le 2026-11-22T12:00:00Z");
    assert.equal(url.searchParams.get("$top"), "5000");
    const { Authorization, Prefer, Accept } = at.requests[0]!.headers!;
    assert.deepEqual([Authorization, Prefer, Accept], ["Bearer token-one", "include-unknown-enum-members", "application/json"]);
    assert.equal(at.requests[0]!.headers!["Accept-Encoding"], "gzip");
    assert.deepEqual(at.calls, ["token", "permit", "token"]);
  });

  it("asks the reporting service with its parameters and pinned version", async () => {
    const at = rig("reporting", [{ body: sample("legacy-light-empty-elastic.json") }]);
    assert.deepEqual((await at.readAll()).map((page) => page.rows.length), [0]);
    const url = new URL(at.requests[0]!.url);
    assert.equal(url.origin + url.pathname, REPORTING_URL);
    assert.equal(url.searchParams.get("$filter"), "StartDate eq datetime'2026-11-22T11:00:00Z' and EndDate eq datetime'2026-11-22T12:00:00Z'");
    assert.equal(at.requests[0]!.headers!["X-RWS-Version"], "2013-V1");
  });

  for (const api of ["graph", "reporting"] as const) {
    it(`${api}: checks with one request for one row of the last minutes`, async () => {
      const at = rig(api, [{ json: { value: [] } }]);
      await at.source.check(new AbortController().signal);
      const url = new URL(at.requests[0]!.url);
      assert.equal(url.searchParams.get("$top"), "1");
      assert.match(url.searchParams.get("$filter")!, /11:55:00Z.*12:00:00Z/);
      at.assertUsedUp();
    });

    it(`${api}: tells of each request by its status, and of a fault by its code`, async () => {
      const body = JSON.stringify({ value: [] });
      const good = rig(api, [{ body }]);
      await good.readAll();
      assert.deepEqual(good.outcomes, [{ status: 200, bytes: body.length, tookMs: 0 }]);
      for (const code of ["unreachable", "connection-cut", "timeout", "answer-too-large"] satisfies FaultCode[]) {
        const failing = rig(api, [{ fault: code }]);
        await faultOf(failing.readAll(), code);
        assert.deepEqual(failing.outcomes.map((each) => each.status), [code]);
      }
    });

    it(`${api}: tries a refused token once more with a fresh one`, async () => {
      const at = rig(api, [{ status: 401, json: {} }, { json: { value: [] } }]);
      await at.readAll();
      assert.deepEqual(at.requests.map((each) => each.headers!["Authorization"]), ["Bearer token-one", "Bearer token-two"]);
      assert.deepEqual(at.calls, ["token", "permit", "token", "token!token-one", "permit", "token!token-one"]);
      const twice = rig(api, [{ status: 401, json: {} }, { status: 401, body: "<html>no</html>" }]);
      await faultOf(twice.readAll(), "unauthorized");
      twice.assertUsedUp();
    });
  }

  it("does not refresh the token when the service principal is missing", async () => {
    const error = { code: "Unauthorized", message: "Service principal-less Authentication failed: ... was not found." };
    const at = rig("graph", [{ status: 401, json: { error } }]);
    await faultOf(at.readAll(), "service-principal-missing");
    at.assertUsedUp();
  });

  it("waits until a window's end has passed, and does not shorten it", async () => {
    const at = rig("graph", [graphPage([1])]);
    await at.readAll({ startMs: WINDOW.startMs, endMs: WINDOW.endMs + 60_000 });
    assert.ok(at.clock.nowMs() >= WINDOW.endMs + 60_000, "the clock moved");
    assert.match(decodeURIComponent(at.requests[0]!.url), /le 2026-11-22T12:01:00Z/);
    assert.ok(at.clock.nowMs() < NOW_MS + 60_001);
  });

  it("rejects with the signal's reason, and asks nothing", async () => {
    const at = rig("graph", []);
    const stop = new AbortController();
    const reason = new Error("stopping");
    stop.abort(reason);
    await assert.rejects(async () => { for await (const _ of at.source.read(WINDOW, stop.signal)); }, reason);
    assert.deepEqual(at.requests, []);
  });
});

describe("paging: shapes of the answer", () => {
  for (const name of [
    "graph-v1-list-default-msdocs.json", "graph-v1-list-timerange-msdocs.json", "graph-beta-list-msdocs.json",
  ]) {
    it(`graph reads ${name}`, async () => {
      const at = rig("graph", [{ body: sample(name) }]);
      const [page] = await at.readAll();
      assert.equal(page?.rows.length, 1);
      assert.equal(page?.rows[0]?.status, "delivered");
      assert.equal(page?.bytes, Buffer.byteLength(sample(name)));
    });
  }

  for (const [name, rows] of [
    ["legacy-light-page-sumologic.json", 3], ["legacy-light-page1-elastic.json", 2], ["legacy-light-page2-elastic.json", 1],
    ["legacy-verbose-page-sekoia-docs.json", 1],
  ] as const) {
    it(`reporting reads ${name}`, async () => {
      const at = rig("reporting", [{ body: sample(name) }]);
      const [page] = await at.readAll();
      assert.equal(page?.rows.length, rows);
      assert.ok(page?.rows.every((row) => row.timeMs > 0 && row.status !== "" && !row.key.includes("?")));
    });
  }

  it("reporting follows the link inside a synthetic verbose page", async () => {
    const at = rig("reporting", [{ body: sample("legacy-synthetic-logzio-DO-NOT-TRUST-SHAPE.json") }, { json: { d: [] } }]);
    assert.deepEqual((await at.readAll()).map((page) => page.rows.length), [1, 0]);
    assert.equal(at.requests[1]!.url, "https://reports.office365.com/ecp/ReportingWebService/Reporting.svc/MessageTrace?$skiptoken=abc123");
  });

  const verbose = { MessageTraceId: "1", RecipientAddress: "a@b.c", Received: "/Date(1659020996164)/" };
  const relative = "../../reportingwebservice/reporting.svc/MessageTrace?$skiptoken=1999";
  for (const json of [
    { value: [verbose], "odata.nextLink": relative }, { value: [verbose], "@odata.nextLink": relative },
    { d: { results: [verbose], __next: relative } }, { d: { results: [verbose], "@odata.nextLink": relative } },
    { d: [verbose], __next: relative }, { d: [verbose], "odata.nextLink": relative },
  ]) {
    it(`reporting follows ${JSON.stringify(json).replaceAll(/\{"Message.*?\}/g, "row")}`, async () => {
      const at = rig("reporting", [{ json }, { json: { value: [] } }]);
      assert.deepEqual((await at.readAll()).map((page) => page.rows.length), [1, 0]);
      assert.equal(at.requests[1]!.url, `${REPORTING_URL}?$skiptoken=1999`);
    });
  }

  for (const json of [{}, { value: {} }, { value: null }, { d: {} }, { d: { results: {} } }, { error: { message: "x" } }]) {
    for (const api of ["graph", "reporting"] as const) {
      it(`${api} does not take ${JSON.stringify(json)} for an empty page`, async () => {
        await faultOf(rig(api, [{ json }]).readAll(), "bad-answer");
      });
    }
  }
});

describe("paging: links", () => {
  it("reads to the end of the links, a token and a permit for each", async () => {
    const at = rig("graph", [graphPage([1, 2], link("a")), graphPage([3], link("b")), graphPage([], link("c")), graphPage([4])]);
    assert.deepEqual((await at.readAll()).flatMap((page) => page.rows.map((row) => row.key.slice(0, 4))), ["id-1", "id-2", "id-3", "id-4"]);
    assert.equal(at.calls.filter((call) => call === "permit").length, 4);
  });

  it("never sends anything to another origin", async () => {
    const at = rig("graph", [graphPage([1], "https://graph.microsoft.com.evil.example/v1.0/admin/exchange/tracing/messageTraces")]);
    const fault = await faultOf(at.readAll(), "bad-link");
    assert.match(fault.detail!, /evil\.example/);
    assert.equal(at.requests.length, 1);
  });

  for (const [name, steps] of [
    ["a link to its own page", [graphPage([1], link("a")), graphPage([2], link("a"))]],
    ["a link back", [graphPage([1], link("a")), graphPage([2], link("b")), graphPage([3], link("a"))]],
    ["a page that repeats the one before", [graphPage([1], link("a")), graphPage([1], link("b"))]],
    ["endless empty pages", ["a", "b", "c"].map((token) => graphPage([], link(token)))],
    ["a link that is no text", [{ json: { value: [rowOf(1)], "@odata.nextLink": 5 } }]],
    ["a poisoned link", [graphPage([1], link("a")), { status: 400, json: { error: { message: "Bad" } } }]],
  ] as const) {
    it(`gives up on ${name}`, async () => {
      const at = rig("graph", [...steps], { emptyPagesMax: 2 });
      await faultOf(at.readAll(), "bad-link");
      at.assertUsedUp();
    });
  }

  it("gives the pages before a bad link", async () => {
    const at = rig("graph", [graphPage([1], link("a")), graphPage([2], "https://evil.example/")]);
    const keys: string[] = [];
    const read = async () => { for await (const page of at.source.read(WINDOW, new AbortController().signal)) keys.push(...page.rows.map((row) => row.key)); };
    await faultOf(read(), "bad-link");
    assert.deepEqual(keys, ["id-1|a@contoso.com", "id-2|a@contoso.com"]);
  });

  it("ends a run that takes too many pages", async () => {
    const at = rig("graph", [graphPage([1], link("a")), graphPage([2], link("b"))], { pagesMax: 2 });
    await faultOf(at.readAll(), "window-too-large");
    const fits = rig("graph", [graphPage([1], link("a")), graphPage([2])], { pagesMax: 2 });
    assert.equal((await fits.readAll()).length, 2);
  });

  it("starts every run anew: no link is kept", async () => {
    const at = rig("graph", [graphPage([1], link("a")), { status: 503, json: {} }, graphPage([1], link("a")), graphPage([2])]);
    await faultOf(at.readAll(), "server-error");
    await at.readAll();
    assert.equal(at.requests[2]!.url, at.requests[0]!.url);
  });
});
