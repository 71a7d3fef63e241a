import assert from "node:assert/strict";
import { Fault } from "../../service/core/fault.js";
import { nextUrl } from "../../service/sources/ms-exchange-trace-logs/links.js";

const GRAPH = "https://graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces?$top=5000";
const REPORTING = "https://reports.office365.com/ecp/reportingwebservice/reporting.svc/MessageTrace?$filter=x";

describe("links to the next page", () => {
  for (const [link, from, to] of [
    ["https://graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces?%24skiptoken=abc", GRAPH,
      "https://graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces?%24skiptoken=abc"],
    ["../../reportingwebservice/reporting.svc/MessageTrace?$filter=StartDate%20eq%20DateTime'2024-01-01'&$skiptoken=1999", REPORTING,
      "https://reports.office365.com/ecp/reportingwebservice/reporting.svc/MessageTrace?$filter=StartDate%20eq%20DateTime%272024-01-01%27&$skiptoken=1999"],
    ["https://reports.office365.com/ecp/ReportingWebService/Reporting.svc/MessageTrace?$skiptoken=abc123", REPORTING,
      "https://reports.office365.com/ecp/ReportingWebService/Reporting.svc/MessageTrace?$skiptoken=abc123"],
    ["?$skiptoken=1", REPORTING, "https://reports.office365.com/ecp/reportingwebservice/reporting.svc/MessageTrace?$skiptoken=1"],
    ["https://GRAPH.microsoft.com:443/v1.0/admin/exchange/tracing/messageTraces/?a#part", GRAPH,
      "https://graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces/?a"],
  ] as const) {
    it(`follows ${link.slice(0, 70)}`, () => assert.equal(nextUrl(link, from), to));
  }

  for (const link of [
    "https://graph.microsoft.com.evil.example/v1.0/admin/exchange/tracing/messageTraces?a",
    "http://graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces?a",
    "https://graph.microsoft.com:8443/v1.0/admin/exchange/tracing/messageTraces?a",
    "//evil.example/v1.0/admin/exchange/tracing/messageTraces",
    "\\\\evil.example\\v1.0\\admin\\exchange\\tracing\\messageTraces",
    "https://graph.microsoft.com@evil.example/v1.0/admin/exchange/tracing/messageTraces",
    "https://user:pass@graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces",
    "https://graph.microsoft.com/v1.0/users?a",
    "/v1.0/admin/exchange/tracing/messageTraces/../../../../me",
    "javascript:alert(1)",
    "data:application/json,{}",
    "http://",
  ]) {
    it(`refuses ${link}`, () => {
      assert.throws(() => nextUrl(link, GRAPH), (thrown) => thrown instanceof Fault && thrown.code === "bad-link");
    });
  }
});
