/** The two definitions that the demo posts: one of each generation, one through each API. */
import { DEMO_GRAPH_TENANT, DEMO_REPORTING_TENANT } from "../emulator/demo-tenants.js";
import fetch from "node-fetch";
import type { Service } from "../start.js";

/** Opens the API of the demo on loopback; settings, so that nothing has to be copied from the first start. */
export const DEMO_ACCESS = { accessId: "demo", accessKey: "demo-key-for-loopback-only" } as const;
/** Settling in the demo's time-lapse: late within half a minute instead of a day. */
export const DEMO_HORIZON_SECONDS = 120;
const POLL_SECONDS = 5;

export function examplesFor(startMs: number) {
  const start = new Date(startMs).toISOString();
  const common = { start, settle_horizon: DEMO_HORIZON_SECONDS };
  const graph = {
    name: "contoso (Graph)", description: "Example of generation 2.0", category: "demo/contoso",
    clientID: DEMO_GRAPH_TENANT.clientId, tenantID: DEMO_GRAPH_TENANT.tenantId, clientSecret: DEMO_GRAPH_TENANT.clientSecret, pollingIntervalMin: `${POLL_SECONDS}s`, ...common,
  };
  const reporting = {
    name: "tailspin (reporting)", description: "Example of generation 1.0", category: "demo/tailspin",
    app_client_id: DEMO_REPORTING_TENANT.clientId, directory_tenant_id: DEMO_REPORTING_TENANT.tenantId, client_secret: DEMO_REPORTING_TENANT.clientSecret,
    authorization_code: DEMO_REPORTING_TENANT.code, polling_interval: POLL_SECONDS, time_offset: 0, ...common,
  };
  return [graph, reporting].map((config) => ({ schemaRef: { type: "MS Exchange Trace Logs" }, sourceType: "Universal", config }));
}

/** Posts the examples that are not there yet, as a person would: over HTTP. Throws Error with the answer when one is refused. */
export async function postMissing(service: Service, startMs: number): Promise<void> {
  const known = new Set(service.app.definitions.list().map((source) => source.config.name));
  const authorization = `Basic ${Buffer.from(`${DEMO_ACCESS.accessId}:${DEMO_ACCESS.accessKey}`).toString("base64")}`;
  for (const definition of examplesFor(startMs)) {
    if (known.has(definition.config.name)) continue;
    const response = await fetch(`${service.url}/api/v1/sources`, {
      method: "POST",
      headers: { Authorization: authorization, "Content-Type": "application/json" },
      body: JSON.stringify(definition),
    });
    if (!response.ok) throw new Error(`the definition "${definition.config.name}" was refused: ${await response.text()}`);
  }
}
