/** For machines that run the collector: probes and metrics. */
import { PROBES } from "../../environment.js";
import type { Context, Readiness } from "../context.js";
import { json, type Answer, type Route } from "../route.js";
import { refreshMetrics } from "../refresh-metrics.js";

export function machineRoutes(context: Context): readonly Route[] {
  return [
    { method: "GET", path: PROBES.live, open: true, answer: async () => json(200, { status: "ok" }) },
    { method: "GET", path: PROBES.ready, open: true, answer: () => ready(context) },
    { method: "GET", path: "/metrics", answer: () => metrics(context) },
  ];
}

async function ready({ readiness, logBehind }: Context): Promise<Answer> {
  const found = await readiness().catch((thrown: unknown): Readiness => {
    logBehind("the check of readiness failed", thrown);
    return { ready: false, reasons: ["the check itself failed"] };
  });
  return found.ready ? json(200, { status: "ready" }) : json(503, { status: "not ready", reasons: found.reasons }, { "Retry-After": "5" });
}

async function metrics({ app, metrics, clock }: Context): Promise<Answer> {
  await refreshMetrics(app, metrics, clock);
  return { status: 200, headers: { "Content-Type": metrics.registry.contentType }, body: await metrics.registry.metrics() };
}
