import type { ApiLimits } from "../../core/model.js";
import type { Source, SourcePorts } from "../../ports.js";
import { wholeSecond } from "./instant.js";
import { checkAccess, type PagingOptions, readPages, type TraceApi } from "./paging.js";

const DAY_MS = 86_400_000;

/**
 * Microsoft Graph v1.0, message trace (microsoft-graph-docs-contrib, messagetracingroot-list-messagetraces.md; quota:
 * techcommunity 4488587). The history counts by date, 00:00 UTC; an hour is left for the way from planning to asking.
 */
export const GRAPH_LIMITS: ApiLimits = {
  pageRows: 5000,
  windowMsMax: 10 * DAY_MS,
  historyMs: 90 * DAY_MS - 3_600_000,
  quota: { requests: 100, perMs: 300_000 },
};

/** Two quotas' worth of pages: a run that needs more takes so long that a failure near its end would cost too much. */
const PAGING: PagingOptions = { pageRows: GRAPH_LIMITS.pageRows, pagesMax: 200, emptyPagesMax: 5 };

/** The message trace of Microsoft Graph as a source. */
export function createGraphSource(ports: SourcePorts, options: Partial<PagingOptions> = {}): Source {
  const trace = graphTrace(ports.hosts.graph);
  return {
    limits: GRAPH_LIMITS,
    check: (signal) => checkAccess(trace, ports, signal),
    read: (window, signal) => readPages(trace, window, ports, signal, { ...PAGING, ...options }),
  };
}

function graphTrace(host: string): TraceApi {
  return {
    api: "graph",
    // Without the preference the status `recalled` is not given.
    headers: { Accept: "application/json", Prefer: "include-unknown-enum-members" },
    firstUrl(window, rows) {
      // Both bounds are inclusive: rows at exactly endMs are the next window's, and fold drops them. A second less would
      // lose the rows of the last second, whose times have fractions. `or`, `$orderby` and `$select` are ignored there.
      const filter = `receivedDateTime ge ${wholeSecond(window.startMs)} and receivedDateTime le ${wholeSecond(window.endMs)}`;
      return `${host}/v1.0/admin/exchange/tracing/messageTraces?$filter=${encodeURIComponent(filter)}&$top=${rows}`;
    },
    unwrap(json) {
      const rows = json["value"];
      return { rows: Array.isArray(rows) ? rows : undefined, link: json["@odata.nextLink"] };
    },
  };
}
