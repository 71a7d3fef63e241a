/** The Reporting Web Service report `MessageTrace` (microsoft-apis.md section 1), as it was before its retirement. */
import { jsonAnswer, textAnswer, type Answer, type WholeAnswer } from "./answer.js";
import { readBearer } from "./bearer.js";
import type { Call } from "./call.js";
import type { VisibleRow } from "./mailbox.js";
import { matchesReporting, readReportingQuery, type ReportingQuery } from "./reporting-query.js";
import { reportingRow } from "./reporting-row.js";
import type { EmulatedTenant, Scene } from "./scene.js";
import { faultInstead, FOREIGN_ORIGIN, sendPage, type Voice } from "./trace-faults.js";

/** The service fails when asked to go on after row index 999,999 (Q&A 2125176). */
const LAST_INDEX = 999_999;
const REPORT_PATH = "reportingwebservice/reporting.svc/MessageTrace";

export function answerReporting(scene: Scene, call: Call): Answer {
  if (call.method !== "GET") return odataError(405, "", "Method Not Allowed", call);
  const bearer = readBearer(scene, call, "reporting");
  const voice = reportingVoice(call);
  if (bearer.refused) return voice.unauthorized();
  if (!bearer.role) return voice.forbidden();
  return faultInstead(scene, bearer.tenant, voice, call.nowMs) ?? answerPage(scene, call, bearer.tenant);
}

function answerPage(scene: Scene, call: Call, tenant: EmulatedTenant): Answer {
  const query = readReportingQuery(call);
  if (typeof query === "string") return odataError(400, "", query, call);
  if (query.skip > LAST_INDEX) return unknownError(call);
  if (!query.verbose && !/json|\*\/\*/i.test(call.headers["accept"] ?? "*/*")) return textAnswer(406, "text/plain", "This emulator writes JSON only.");
  const rows = readRows(tenant, query, call.nowMs);
  const relative = (skipToken: number | string): string => `../../${REPORT_PATH}?${linkQuery(query, call, skipToken)}`;
  return sendPage(scene, tenant, {
    rows,
    // A full page has a link, even when nothing follows: the service counts pages, not rows.
    next: rows.length === query.top ? relative(query.skip + rows.length - 1) : undefined,
    links: {
      dead: () => relative(scene.nextGuid()),
      expired: () => relative(LAST_INDEX),
      self: () => `../../${REPORT_PATH}${call.search}`,
      // The service knows its own address by more than one spelling.
      repeat: () => `${relative(query.skip - 1)}&r=${scene.nextGuid().slice(0, 8)}`,
      foreign: () => `${FOREIGN_ORIGIN}/ecp/${REPORT_PATH}?${linkQuery(query, call, query.skip - 1)}`,
    },
    render: (shown, next) => render(call, query, shown, next),
  }, call.nowMs);
}

/** Counted over the live result: a late row shifts all that are older. */
function readRows(tenant: EmulatedTenant, query: ReportingQuery, nowMs: number): VisibleRow[] {
  const rows: VisibleRow[] = [];
  let index = 0;
  for (const visible of tenant.mailbox.visible({ from: query.from, to: query.to, precision: "tick" }, nowMs)) {
    if (!matchesReporting(query, visible) || index++ < query.skip) continue;
    rows.push(visible);
    if (rows.length === query.top || index > LAST_INDEX) break;
  }
  return rows;
}

function linkQuery(query: ReportingQuery, call: Call, skipToken: number | string): string {
  const filter = query.echo === undefined ? undefined : encodeURI(query.echo).replaceAll("+", "%2B");
  const top = call.query.get("$top");
  return [
    ...(filter === undefined ? [] : [`$filter=${filter}`]),
    ...(query.verbose ? ["$format=json"] : []),
    ...(top === null ? [] : [`$top=${top}`]),
    `$skiptoken=${skipToken}`,
  ].join("&");
}

function render(call: Call, query: ReportingQuery, shown: readonly VisibleRow[], next: string | undefined): WholeAnswer {
  const base = `${call.origin}/reporting/ecp/ReportingWebService/Reporting.svc`;
  const rows = shown.map((row, i) => reportingRow(row, query, query.skip + i, base));
  if (query.verbose) return jsonAnswer(200, { d: { results: rows, ...(next === undefined ? {} : { __next: next }) } });
  return jsonAnswer(200, {
    "odata.metadata": `${base}/$metadata#MessageTrace`, value: rows, ...(next === undefined ? {} : { "odata.nextLink": next }),
  });
}

const UNAUTHORIZED = "401 - Unauthorized: Access is denied due to invalid credentials.";

function reportingVoice(call: Call): Voice {
  return {
    unauthorized: () => textAnswer(401, "text/html",
      `<title>${UNAUTHORIZED}</title><body><div id="header"><h1>Server Error</h1></div><div id="content"><div class="content-container"><fieldset><h2>${UNAUTHORIZED}</h2>`
      + "<h3>You do not have permission to view this directory or page using the credentials that you supplied.</h3></fieldset></div></div></body>"),
    forbidden: () => jsonAnswer(403, { ErrorCode: "", Message: "No permission to access the report for the organization ." }),
    throttled: (headers) => ({ ...odataError(429, "TooManyRequests", "Your recent queries have surpassed the permitted limit, please try again later.", call), headers: { "content-type": "application/json; charset=utf-8", ...headers } }),
    serverError: (status) => ({ ...unknownError(call), status }),
  };
}

function unknownError(call: Call): WholeAnswer {
  return odataError(500, "UnknownError", "An error has occurred on the server.", call);
}

/** Light form, or verbose when that was asked for (microsoft-apis.md 1.6). */
function odataError(status: number, code: string, value: string, call: Call): WholeAnswer {
  const error = { code, message: { lang: code === "UnknownError" ? "" : "en-US", value } };
  return jsonAnswer(status, call.query.get("$format") === "json" ? { error } : { "odata.error": error });
}
