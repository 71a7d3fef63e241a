import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** From a quick token check to a page that nearly times out, seconds. */
const REQUEST_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export type Instruments = ReturnType<typeof createInstruments>;

/** Every metric of the collector: names, help and labels in one place. */
export function createInstruments(registry: Registry) {
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name: `collector_${name}`, help, labelNames: ["source", ...labelNames], registers: [registry] });
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name: `collector_${name}`, help, labelNames: ["source", ...labelNames], registers: [registry] });
  return {
    rowsRead: counter("rows_read_total", "Rows the API showed, with repeats", "purpose"),
    rowsFresh: counter("rows_fresh_total", "Rows that were new or changed", "purpose"),
    rowsDelivered: counter("rows_delivered_total", "Rows a destination took", "destination"),
    bytesRead: counter("bytes_read_total", "Bytes of pages, decompressed"),
    bytesDelivered: counter("bytes_delivered_total", "Bytes of rows a destination took", "destination"),
    deliveredAt: gauge("last_delivery_timestamp_seconds", "When a destination last took rows, Unix time", "destination"),
    warnings: counter("destination_warnings_total", "Batches taken with a complaint", "destination"),
    requests: counter("api_requests_total", "Requests to the trace API", "api", "status", "purpose"),
    requestSeconds: new Histogram({
      name: "collector_api_request_seconds",
      help: "Duration of requests to the trace API",
      labelNames: ["source", "api"] as const,
      buckets: REQUEST_SECONDS,
      registers: [registry],
    }),
    windows: counter("windows_closed_total", "Windows read and delivered to the end", "purpose"),
    faults: counter("faults_total", "Faults by code of the catalogue", "code"),
    gaps: counter("gaps_total", "Stretches of time that were given up or lost"),
    state: gauge("source_state", "1 for the state a source is in", "state"),
    lag: gauge("lag_seconds", "How far complete delivery is behind: now minus time_offset minus the cursor, before which everything was read and delivered"),
    cursorAge: gauge("cursor_age_seconds", "Everything older than this was read and delivered"),
    frontierAge: gauge("frontier_age_seconds", "Age of the newest time that was read"),
    settledAge: gauge("settled_age_seconds", "Everything older than this is settled"),
    debtRows: gauge("debt_rows", "Rows waiting to be read again"),
    debtRequests: gauge("debt_requests", "Requests waiting to be made for settling and backfill"),
    gapSeconds: gauge("gap_seconds", "Length of all gaps"),
  };
}
