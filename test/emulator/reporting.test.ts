import assert from "node:assert/strict";
import { HOUR_MS, DAY_MS, json, REPORTING_PATH, reportingFilter, rig, START_MS, TENANT, text, type Json, type Rig } from "./rig.js";

const rowsOf = (body: Json): Json[] => (body["value"] ?? (body["d"] as { results: Json[] }).results) as Json[];
const errorOf = (body: Json): string => (body["odata.error"] as { message: { value: string } }).message.value;
const hourBefore = reportingFilter(START_MS - HOUR_MS, START_MS);
const ABSOLUTE = `http://emulator.test${REPORTING_PATH}`;

async function pages(r: Rig, query: string, betweenPages: () => void = () => {}): Promise<{ rows: Json[]; links: string[] }> {
  const rows: Json[] = [];
  const links: string[] = [];
  for (let url: string | undefined = `${ABSOLUTE}${query}`; url !== undefined; ) {
    const body: Json = json(await r.reporting(url));
    rows.push(...rowsOf(body));
    const link = (body["odata.nextLink"] ?? (body["d"] as Json | undefined)?.["__next"]) as string | undefined;
    if (link !== undefined) links.push(link);
    url = link === undefined ? undefined : new URL(link, url).href;
    betweenPages();
  }
  return { rows, links };
}

describe("emulator: reporting service", () => {
  it("writes ticks in the light form, milliseconds in the verbose one, and echoes the query in every row", async () => {
    const r = rig();
    r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - 1_000, receivedTicks: 1_230, subject: null, fromIP: null, status: "filteredAsSpam" });
    r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - 2_000, status: "recalled", toIP: "::1" });
    const [light, second] = rowsOf(json(await r.reporting(hourBefore)));
    const [verbose] = rowsOf(json(await r.reporting(`${hourBefore}&$format=json`)));
    assert.deepEqual([light!["Received"], light!["StartDate"], light!["EndDate"], light!["Index"]], ["2026-03-01T11:59:59.000123", "2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z", 0]);
    assert.deepEqual([light!["Subject"], light!["FromIP"], light!["ToIP"], light!["Status"]], [null, null, null, "FilteredAsSpam"]);
    assert.deepEqual([second!["Received"], second!["ToIP"], second!["Status"], second!["Index"]], ["2026-03-01T11:59:58", "::1", "Delivered", 1]);
    assert.deepEqual([verbose!["Received"], verbose!["StartDate"]], [`/Date(${START_MS - 1_000})/`, `/Date(${START_MS - HOUR_MS})/`]);
  });

  it("includes both bounds, at the tick", async () => {
    const r = rig();
    for (const [i, ticks] of [0, 1, 9_999].entries()) r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - 5_000, receivedTicks: ticks, recipient: `r${i}@x` });
    const found = async (start: string, end: string): Promise<unknown[]> =>
      rowsOf(json(await r.reporting(`?$filter=StartDate eq datetime'${start}' and EndDate eq datetime'${end}'`))).map((row) => row["RecipientAddress"]);
    assert.deepEqual(await found("2026-03-01T11:59:55Z", "2026-03-01T11:59:55"), ["r0@x"]);
    assert.deepEqual(await found("2026-03-01T11:59:55.0000001Z", "2026-03-01T11:59:55.001Z"), ["r2@x", "r1@x"]);
    assert.deepEqual(await found("2026-03-01", "2026-03-02"), ["r2@x", "r1@x", "r0@x"]);
    assert.deepEqual(await found("2026-03-01T12:59:55%2B01:00", "2026-03-01T11:59:55.0000001Z"), ["r1@x", "r0@x"]);
  });

  it("pages by 2000 with a relative link and a numeric skip token, until a page is not full", async () => {
    const r = rig({ flow: { segments: [{ fromMs: START_MS - HOUR_MS, toMs: START_MS }], rowsPerSecond: 1.25, shareLate: 0, promptMsMax: 0 } });
    for (const format of ["", "&$format=json"]) {
      const { rows, links } = await pages(r, hourBefore + format);
      const produced = [...r.emulator.produced()];
      assert.ok(produced.length > 4_000 && produced.length < 6_000);
      assert.equal(new Set(rows.map((row) => `${String(row["MessageTraceId"])}|${String(row["RecipientAddress"])}`)).size, produced.length);
      assert.deepEqual(rows.map((row) => row["Index"]), rows.map((_, i) => i));
      const dates = "StartDate%20eq%20DateTime'2026-03-01T11:00:00.000Z'%20and%20EndDate%20eq%20DateTime'2026-03-01T12:00:00.000Z'";
      assert.deepEqual(links, [1_999, 3_999].map((token) => `../../reportingwebservice/reporting.svc/MessageTrace?$filter=${dates}${format}&$skiptoken=${token}`));
    }
  });

  it("counts over the live result: a row that comes in while paging makes another one repeat", async () => {
    const r = rig();
    for (let i = 0; i < 30; i++) r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - 60_000 - i });
    let once = true;
    const { rows } = await pages(r, `${hourBefore}&$top=10`, () => {
      if (once) r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - 1 });
      once = false;
    });
    assert.equal(rows.length, 31);
    assert.equal(new Set(rows.map((row) => row["MessageTraceId"])).size, 30);
  });

  it("fails at the ceiling of a million rows", async () => {
    const r = rig();
    assert.equal((await r.reporting(`${hourBefore}&$skiptoken=999998`)).status, 200);
    const ceiling = await r.reporting(`${hourBefore}&$skiptoken=999999`);
    assert.equal(ceiling.status, 500);
    assert.equal(text(ceiling), "{\"odata.error\":{\"code\":\"UnknownError\",\"message\":{\"lang\":\"\",\"value\":\"An error has occurred on the server.\"}}}");
  });

  const refused: readonly [string, string, RegExp][] = [
    ["a wrong $top", `${hourBefore}&$top=1000]`, /^Incorrect format for \$top argument '1000\]'\.$/],
    ["a wrong skip token", `${hourBefore}&$skiptoken=abc`, /skiptoken/],
    ["EndDate alone", "?$filter=EndDate eq datetime'2026-03-01T11:00:00Z'", /StartDate is required/],
    ["a date that is none", "?$filter=StartDate eq datetime'yesterday'", /Invalid date/],
    ["comparing instead of eq", "?$filter=StartDate ge datetime'2026-03-01T11:00:00Z'", /Syntax error/],
    ["an unknown property", "?$filter=Nonsense eq 'x'", /does not have a property named 'Nonsense'/],
    ["more than ten days back", reportingFilter(START_MS - 11 * DAY_MS, START_MS), /older than 10 days/],
  ];
  for (const [name, query, expected] of refused) {
    it(`refuses ${name} with 400`, async () => {
      const answer = await rig().reporting(query);
      assert.equal(answer.status, 400);
      assert.match(errorOf(json(answer)), expected);
    });
  }

  it("gives ten days, the last 48 hours without dates, and the rows of one recipient", async () => {
    const r = rig();
    for (const days of [0.1, 1.9, 2.1, 9.9]) r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - days * DAY_MS, recipient: `O'Neil${days}@x` });
    assert.equal(rowsOf(json(await r.reporting(reportingFilter(START_MS - 10 * DAY_MS, START_MS)))).length, 4);
    assert.equal(rowsOf(json(await r.reporting(""))).length, 2);
    assert.equal(rowsOf(json(await r.reporting("?$filter=RecipientAddress eq 'o''neil0.1@x'"))).length, 1);
  });

  it("401 in HTML, 403 in its own JSON", async () => {
    const r = rig({ tenant: { applicationPermission: false } });
    const unauthorized = await r.whole("GET", REPORTING_PATH, { authorization: `Bearer ${await r.token("graph")}` });
    assert.equal(unauthorized.status, 401);
    assert.match(text(unauthorized), /<title>401 - Unauthorized: Access is denied due to invalid credentials\.<\/title>/);
    const forbidden = await r.reporting(hourBefore);
    assert.equal(forbidden.status, 403);
    assert.equal(text(forbidden), "{\"ErrorCode\":\"\",\"Message\":\"No permission to access the report for the organization .\"}");
  });
});
