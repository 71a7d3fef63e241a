/** Tenants of the emulator, and the definitions that collect them. */
import type { FlowOptions } from "../../service/emulator/flow-options.js";
import type { TenantOptions } from "../../service/emulator/scene.js";
import { guid, seededRandom } from "../../service/emulator/seeded-random.js";

export interface Tenant extends TenantOptions {
  readonly name: string;
  /** For the reporting service, by consent. */
  readonly code: string;
}

/** A tenant with ids and secrets of its own, drawn from its name. */
export function tenantOf(name: string, flow: FlowOptions): Tenant {
  const random = seededRandom("e2e", name);
  const code = `0.AXcA-${name}-${guid(random)}`;
  return { name, tenantId: guid(random), clientId: guid(random), clientSecret: `s~${name}~${guid(random)}`, code, codes: [code], organization: `${name}.example`, flow };
}

/** Config that every source of the tests has: polled as often as may be, settled within seconds. */
export interface Common {
  readonly startMs: number;
  readonly destinations: readonly string[];
  readonly horizonSeconds: number;
  readonly extra?: Readonly<Record<string, unknown>>;
}

function common({ startMs, destinations, horizonSeconds, extra }: Common) {
  return { start: new Date(startMs).toISOString(), destinations, settle_horizon: horizonSeconds, ...extra };
}

function definition(config: Readonly<Record<string, unknown>>) {
  return { schemaRef: { type: "MS Exchange Trace Logs" }, sourceType: "Universal", config };
}

/** Through Graph, by the application's own permission. */
export function graphDefinition(tenant: Tenant, name: string, given: Common) {
  const { clientId: clientID, tenantId: tenantID, clientSecret } = tenant;
  return definition({ name, clientID, tenantID, clientSecret, pollingIntervalMin: "5s", ...common(given) });
}

/** Through the reporting service, by consent. */
export function reportingDefinition(tenant: Tenant, name: string, given: Common) {
  const { clientId: app_client_id, tenantId: directory_tenant_id, clientSecret: client_secret, code: authorization_code } = tenant;
  return definition({ name, app_client_id, directory_tenant_id, client_secret, authorization_code, polling_interval: 5, ...common(given) });
}
