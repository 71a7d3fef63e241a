import assert from "node:assert/strict";
import type { Happening } from "../../service/ports.js";
import { createMetrics } from "../../service/system/metrics.js";
import { statusLabel } from "../../service/system/status-label.js";

const clock = { nowMs: () => 1_800_000_000_000, sleep: async () => undefined };

/** Everything that can happen to a source, once. */
function happenings(sourceId: number): Happening[] {
  const window = { startMs: 0, endMs: 60_000 };
  return [
    { kind: "request", sourceId, purpose: "new", outcome: { status: 200, bytes: 10, tookMs: 400 } },
    { kind: "request", sourceId, purpose: "settle", outcome: { status: "timeout", bytes: 0, tookMs: 30_000 } },
    { kind: "page", sourceId, purpose: "new", rows: 5_000, fresh: 20, bytes: 2_000_000 },
    { kind: "delivered", sourceId, destination: "default", rows: 20, bytes: 8_000, warning: "w" },
    { kind: "window", sourceId, purpose: "new", window, rows: 20, fresh: 20, pages: 1 },
    { kind: "fault", sourceId, code: "throttled", message: "m" },
    { kind: "state", sourceId, state: "Collecting" },
    { kind: "gap", sourceId, window, reason: "history" },
  ];
}

describe("metrics", () => {
  it("counts what happens, by source", async () => {
    const { registry, observe, setSource } = createMetrics(clock);
    setSource(1, { api: "graph", lagSeconds: 90, debtRows: 3 });
    for (const happening of [...happenings(1), ...happenings(1), ...happenings(2)]) observe(happening);
    const text = await registry.metrics();
    for (const line of [
      'collector_rows_read_total{source="1",purpose="new"} 10000',
      'collector_rows_fresh_total{source="1",purpose="new"} 40',
      'collector_rows_delivered_total{source="1",destination="default"} 40',
      'collector_rows_delivered_total{source="2",destination="default"} 20',
      'collector_bytes_read_total{source="1"} 4000000',
      'collector_bytes_delivered_total{source="1",destination="default"} 16000',
      'collector_destination_warnings_total{source="1",destination="default"} 2',
      'collector_api_requests_total{source="1",api="graph",status="200",purpose="new"} 2',
      'collector_api_requests_total{source="1",api="graph",status="timeout",purpose="settle"} 2',
      'collector_api_request_seconds_bucket{le="0.5",source="1",api="graph"} 2',
      'collector_api_request_seconds_count{source="1",api="graph"} 4',
      'collector_faults_total{source="1",code="throttled"} 2',
      'collector_source_state{source="1",state="Collecting"} 1',
      'collector_windows_closed_total{source="1",purpose="new"} 2',
      'collector_gaps_total{source="1"} 2',
      'collector_lag_seconds{source="1"} 90',
      'collector_debt_rows{source="1"} 3',
      'collector_last_delivery_timestamp_seconds{source="1",destination="default"} 1800000000',
    ]) {
      assert.ok(text.includes(`${line}\n`), `${line} is missing in:\n${text}`);
    }
    assert.ok(!text.includes("process_cpu"));
  });

  it("shows a source in one state only", async () => {
    const { registry, observe } = createMetrics(clock);
    for (const state of ["Pending", "Collecting", "Error"]) observe({ kind: "state", sourceId: 1, state });
    assert.deepEqual((await registry.metrics()).match(/^collector_source_state\{.*$/gm), ['collector_source_state{source="1",state="Error"} 1']);
  });

  it("forgets a deleted source and all that still comes of it, and no other", async () => {
    const { registry, observe, setSource } = createMetrics(clock);
    for (const happening of [...happenings(1), ...happenings(12)]) observe(happening);
    setSource(1, { api: "graph", gapSeconds: 5, settledAgeSeconds: 1, cursorAgeSeconds: 1, frontierAgeSeconds: 1, debtRequests: 1, lagSeconds: 1, debtRows: 1 });
    assert.match(await registry.metrics(), /source="1"/);
    observe({ kind: "deleted", sourceId: 1 });
    while (/source="1"/.test(await registry.metrics())) await new Promise((resolve) => setImmediate(resolve));
    for (const happening of happenings(1)) observe(happening);
    setSource(1, { lagSeconds: 5 });
    const text = await registry.metrics();
    assert.doesNotMatch(text, /source="1"/);
    assert.match(text, /collector_api_request_seconds_count\{source="12",api="unknown"\} 2/);
  });

  it("ignores numbers that are none, and has registries that do not mix", async () => {
    const first = createMetrics(clock);
    const second = createMetrics(clock, { processMetrics: true });
    first.setSource(1, { lagSeconds: Number.NaN, gapSeconds: Number.POSITIVE_INFINITY });
    second.setSource(2, { lagSeconds: 5 });
    assert.doesNotMatch(await first.registry.metrics(), /source=/);
    assert.match(await second.registry.metrics(), /process_cpu_seconds_total/);
    second.registry.clear();
  });

  it("has few labels for statuses, whatever comes", () => {
    const labels = new Set(Array.from({ length: 3_000 }, (_, i) => statusLabel(i - 1_000)));
    assert.ok(labels.size <= 20, [...labels].join(" "));
    assert.deepEqual([200, 206, 302, 418, 429, 599, 0].map(statusLabel), ["200", "2xx", "3xx", "4xx", "429", "5xx", "other"]);
    assert.equal(statusLabel("connection-cut"), "connection-cut");
  });
});
