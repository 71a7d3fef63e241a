/** Two tenants for demo, examples and tests: one that is read through Graph, one through the reporting service. */
import type { FlowOptions } from "./flow-options.js";
import type { TenantOptions } from "./scene.js";

/** What the example definitions say. None of it opens anything but the emulator. */
export const DEMO_GRAPH_TENANT = {
  tenantId: "6a7c2f10-0b5d-4e8a-9c31-5d0f4e7b2a11",
  clientId: "0f3d9b52-7e64-4c1b-8a2f-91c6d4e0b701",
  clientSecret: "emulated~graph~secret.0001",
  organization: "contoso.example",
} as const;
export const DEMO_REPORTING_TENANT = {
  tenantId: "c4e81d36-92fa-4b07-b6d5-2e7a90c35f22",
  clientId: "b82a6e07-15cf-4d93-a0e4-7f3b5c918d02",
  clientSecret: "emulated~reporting~secret.0002",
  organization: "tailspin.example",
  code: "0.AAAA-emulated-authorization-code-0001",
} as const;

/** Both tenants, with the mail flow given for both or for each. */
export function demoTenants(flow: FlowOptions, reportingFlow: FlowOptions = flow): readonly [TenantOptions, TenantOptions] {
  const { code, ...reporting } = DEMO_REPORTING_TENANT;
  return [{ ...DEMO_GRAPH_TENANT, flow }, { ...reporting, codes: [code], flow: reportingFlow }];
}
