import type { SourceType } from "../../ports.js";
import { createGraphSource, GRAPH_LIMITS } from "./graph.js";
import { createReportingSource, REPORTING_LIMITS } from "./reporting.js";

/** Microsoft 365 message trace: by Microsoft Graph, or by the retired Reporting Web Service. */
export const MS_EXCHANGE_TRACE_LOGS: SourceType = {
  slug: "ms-exchange-trace-logs",
  type: "MS Exchange Trace Logs",
  aliases: ["Microsoft Exchange Trace Logs"],
  limits: { graph: GRAPH_LIMITS, reporting: REPORTING_LIMITS },
  connect: (config, ports) => (config.api === "graph" ? createGraphSource(ports) : createReportingSource(ports)),
};
