import { createEmulator, type Emulator } from "../../service/emulator/emulator.js";
import { DEMO_GRAPH_TENANT, DEMO_REPORTING_TENANT, demoTenants } from "../../service/emulator/demo-tenants.js";
import { emulatorHttp, type StrayRequest } from "../../service/emulator/emulator-http.js";
import { rowKey } from "../../service/emulator/trace-row.js";
import type { Window } from "../../service/core/model.js";
import { createIdentity } from "../../service/identity/index.js";
import type { Api, Credentials, Http, RequestOutcome, Source, SourceConfig, SourceType } from "../../service/ports.js";
import { hostsOf } from "../../service/sources/ms-exchange-trace-logs/clouds.js";
import { memoryGrants } from "../identity/memory-grants.js";
import { type ManualClock, manualClock, NOW_MS } from "./source-ports.js";

const BASE_URL = "http://emulator.example:8081";
const HOUR_MS = 3_600_000;
export const FULL_WINDOW: Window = { startMs: Math.floor(NOW_MS / 1000) * 1000 - 2 * HOUR_MS, endMs: Math.floor(NOW_MS / 1000) * 1000 - HOUR_MS };

/** A source of a type over the emulator, with the real identity between them. */
export interface EmulatedSource {
  readonly source: Source;
  readonly emulator: Emulator;
  readonly clock: ManualClock;
  readonly outcomes: RequestOutcome[];
  readonly stray: StrayRequest[];
  permits: number;
  /** Stands between the source and the emulator when set. */
  between: Http | undefined;
  /** Keys of the rows that are in the full window, sorted. */
  due(): string[];
  read(window?: Window): Promise<{ keys: string[]; pages: number[] }>;
}

/** `withCode` uses the tenant's authorization code in place of the application's permission. */
export function emulatedSource(type: SourceType, api: Api, rowsPerSecond: number, withCode = false): EmulatedSource {
  const clock = manualClock();
  const tenant = api === "graph" ? DEMO_GRAPH_TENANT : DEMO_REPORTING_TENANT;
  const flow = { segments: [{ fromMs: FULL_WINDOW.startMs - 60_000, toMs: FULL_WINDOW.endMs + 60_000 }], rowsPerSecond, shareLate: 0 };
  const emulator = createEmulator({ clock, seed: 7, baseUrl: BASE_URL, tenants: demoTenants(flow) });
  const stray: StrayRequest[] = [];
  const direct = emulatorHttp(emulator, clock, { stray: (request) => stray.push(request) });
  const http: Http = (request) => (rig.between ?? direct)(request);
  const hosts = hostsOf("global", { login: `${BASE_URL}/login`, graph: `${BASE_URL}/graph`, reporting: `${BASE_URL}/reporting` });
  const credentials: Credentials = {
    loginUrl: hosts.login, tenantId: tenant.tenantId, clientId: tenant.clientId, clientSecret: tenant.clientSecret,
    ...(withCode ? { authorizationCode: DEMO_REPORTING_TENANT.code } : {}),
    ...(api === "graph" ? { audience: hosts.graphAudience, endpoint: "v2" } : { audience: hosts.reportingAudience, endpoint: "v1" }),
  };
  const identity = createIdentity({ http, clock, store: memoryGrants(), resolveSecret: async (secret) => String(secret) });
  const outcomes: RequestOutcome[] = [];
  const source = type.connect(configOf(api, credentials), {
    http, clock, hosts,
    accessToken: (signal, refused) => identity.accessToken(credentials, signal, refused),
    async permit() { rig.permits += 1; },
    observe: (outcome) => outcomes.push(outcome),
  });
  const rig: EmulatedSource = {
    source, emulator, clock, outcomes, stray, permits: 0, between: undefined,
    due: () => [...emulator.produced(tenant.tenantId)].filter((row) => isDue(row.received.ms)).map(rowKey).toSorted(),
    async read(window = FULL_WINDOW) {
      const keys = new Set<string>();
      const pages: number[] = [];
      for await (const page of source.read(window, new AbortController().signal)) {
        pages.push(page.rows.length);
        for (const row of page.rows) if (isDue(row.timeMs)) keys.add(row.key);
      }
      return { keys: [...keys].toSorted(), pages };
    },
  };
  return rig;
}

function isDue(atMs: number): boolean {
  return atMs >= FULL_WINDOW.startMs && atMs < FULL_WINDOW.endMs;
}

function configOf(api: Api, { tenantId, clientId, clientSecret }: Credentials): SourceConfig {
  return {
    generation: api === "graph" ? "2.0" : "1.0", name: "contract", fields: {}, clientId, tenantId, clientSecret,
    pollingIntervalMs: 300_000, timeOffsetMs: 0, api, cloud: "global", start: { backMs: 300_000 }, destinations: ["default"], paused: false,
    settleHorizonMs: 0, statusChanges: "every", annotate: false, catchUp: "oldest", budgetReserve: 0.2,
  };
}
