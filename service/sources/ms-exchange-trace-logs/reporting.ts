import type { ApiLimits } from "../../core/model.js";
import type { Source, SourcePorts } from "../../ports.js";
import { wholeSecond } from "./instant.js";
import { checkAccess, type PagingOptions, readPages, type TraceApi } from "./paging.js";

const DAY_MS = 86_400_000;

/**
 * Office 365 Reporting Web Service, report MessageTrace (learn.microsoft.com jj984335). It documents 30 days of history,
 * Get-MessageTrace 10, and collectors had errors beyond: 10 is safe. No quota is published.
 */
export const REPORTING_LIMITS: ApiLimits = { pageRows: 2000, windowMsMax: 10 * DAY_MS, historyMs: 10 * DAY_MS };

/** A query ends at one million rows (500 pages of 2,000): the link after that answers 500 for ever. */
const PAGING: PagingOptions = { pageRows: REPORTING_LIMITS.pageRows, pagesMax: 500, emptyPagesMax: 5 };

const NEXT_LINKS = ["odata.nextLink", "@odata.nextLink", "__next"] as const;

type Json = Readonly<Record<string, unknown>>;

/** The message trace of the Reporting Web Service, retired since April 2026, as a source. */
export function createReportingSource(ports: SourcePorts, options: Partial<PagingOptions> = {}): Source {
  const trace = reportingTrace(ports.hosts.reporting);
  return {
    limits: REPORTING_LIMITS,
    check: (signal) => checkAccess(trace, ports, signal),
    read: (window, signal) => readPages(trace, window, ports, signal, { ...PAGING, ...options }),
  };
}

function reportingTrace(host: string): TraceApi {
  return {
    api: "reporting",
    // Accept alone, without $format=json, gives the light form. The version is pinned as jj984346 asks.
    headers: { Accept: "application/json", "X-RWS-Version": "2013-V1" },
    firstUrl(window, rows) {
      // StartDate and EndDate are parameters in the clothes of a filter: `eq` is right, both bounds are inclusive.
      const filter = `StartDate eq datetime'${wholeSecond(window.startMs)}' and EndDate eq datetime'${wholeSecond(window.endMs)}'`;
      const url = `${host}/ecp/reportingwebservice/reporting.svc/MessageTrace?$filter=${encodeURIComponent(filter)}`;
      // A $top of the page's own size is left out: some clients saw it turn the verbose answer into a bare array.
      return rows < REPORTING_LIMITS.pageRows ? `${url}&$top=${rows}` : url;
    },
    unwrap,
  };
}

/** Light `{value}`, verbose `{d:{results}}`, verbose `{d:[...]}`; the next link under any of its names, in `d` or beside it. */
function unwrap(json: Json): ReturnType<TraceApi["unwrap"]> {
  const verbose = json["d"];
  const inner = fieldsOf(verbose);
  const rows = [json["value"], verbose, inner["results"]].find((each) => Array.isArray(each)) as unknown[] | undefined;
  return { rows, link: linkIn(json) ?? linkIn(inner) };
}

function linkIn(fields: Json): unknown {
  return NEXT_LINKS.map((name) => fields[name]).find((link) => link !== undefined && link !== null);
}

function fieldsOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
