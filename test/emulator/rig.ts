/** What the emulator's tests share: a clock that goes only when told, a client that asks like a collector. */
import type { Clock } from "../../service/ports.js";
import type { Answer, WholeAnswer } from "../../service/emulator/answer.js";
import { createEmulator, type Emulator } from "../../service/emulator/emulator.js";
import type { FlowOptions } from "../../service/emulator/flow-options.js";
import type { EmulatorOptions, TenantOptions } from "../../service/emulator/scene.js";

export const START_MS = Date.parse("2026-03-01T12:00:00Z");
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const TENANT = {
  tenantId: "11111111-2222-4333-8444-555555555555", clientId: "66666666-7777-4888-8999-000000000000", clientSecret: "s:e=c r&e+t",
  organization: "contoso.example",
};
export const GRAPH_PATH = "/graph/v1.0/admin/exchange/tracing/messageTraces";
export const REPORTING_PATH = "/reporting/ecp/reportingwebservice/reporting.svc/MessageTrace";

/** Sleeping moves it on; nothing else but the test does. */
export class HandClock implements Clock {
  private ms: number;
  constructor(ms = START_MS) {
    this.ms = ms;
  }
  nowMs(): number {
    return this.ms;
  }
  advance(ms: number): void {
    this.ms += ms;
  }
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.ms += ms;
  }
}

export interface Rig {
  readonly clock: HandClock;
  readonly emulator: Emulator;
  ask(method: string, url: string, headers?: Record<string, string>, body?: string | Uint8Array): Promise<Answer>;
  /** Asks and fails when the answer is cut or hangs. */
  whole(method: string, url: string, headers?: Record<string, string>, body?: string | Uint8Array): Promise<WholeAnswer>;
  token(api: "graph" | "reporting"): Promise<string>;
  graph(query: string, headers?: Record<string, string>): Promise<WholeAnswer>;
  reporting(query: string, headers?: Record<string, string>): Promise<WholeAnswer>;
}

export function rig(options: Partial<Omit<EmulatorOptions, "tenants">> & { flow?: FlowOptions; tenant?: Partial<TenantOptions>; clock?: HandClock } = {}): Rig {
  const { flow = { segments: [] }, tenant, clock = new HandClock(), ...rest } = options;
  const emulator = createEmulator({
    seed: 1, baseUrl: "http://emulator.test", tenants: [{ ...TENANT, codes: ["code-1", "code-2"], flow, ...tenant }], ...rest, clock,
  });
  const ask: Rig["ask"] = (method, url, headers = {}, body = "") =>
    emulator.handle({ method, url, headers, body: typeof body === "string" ? new TextEncoder().encode(body) : body });
  const whole: Rig["whole"] = async (...request) => {
    const answer = await ask(...request);
    if ("cut" in answer || "hang" in answer) throw new Error("no whole answer");
    return answer;
  };
  const token: Rig["token"] = async (api) => {
    const audience = api === "graph" ? "https://graph.microsoft.com" : "https://outlook.office365.com";
    const answer = await whole("POST", `/login/${TENANT.tenantId}/oauth2/v2.0/token`, {}, form({ grant_type: "client_credentials", scope: `${audience}/.default` }));
    return String(json(answer)["access_token"]);
  };
  const get = (api: "graph" | "reporting", path: string): Rig["graph"] => async (query, headers = {}) => {
    const url = query.startsWith("http") || query.startsWith("/") ? query : `${path}${query}`;
    return whole("GET", url, { authorization: `Bearer ${await token(api)}`, accept: "application/json", ...headers });
  };
  return { clock, emulator, ask, whole, token, graph: get("graph", GRAPH_PATH), reporting: get("reporting", REPORTING_PATH) };
}

/** Form body with the client's own part filled in. */
export function form(fields: Record<string, string>): string {
  return new URLSearchParams({ client_id: TENANT.clientId, client_secret: TENANT.clientSecret, ...fields }).toString();
}

export function text(answer: WholeAnswer): string {
  return new TextDecoder().decode(answer.body);
}

export function json(answer: WholeAnswer): Record<string, unknown> {
  return JSON.parse(text(answer)) as Record<string, unknown>;
}

/** `?$filter=` of Graph for both bounds, included. */
export function graphFilter(fromMs: number, toMs: number, more = ""): string {
  const filter = `receivedDateTime ge ${new Date(fromMs).toISOString()} and receivedDateTime le ${new Date(toMs).toISOString()}${more}`;
  return `?$filter=${encodeURIComponent(filter)}`;
}

export function reportingFilter(fromMs: number, toMs: number): string {
  const filter = `StartDate eq datetime'${new Date(fromMs).toISOString()}' and EndDate eq datetime'${new Date(toMs).toISOString()}'`;
  return `?$filter=${encodeURIComponent(filter)}`;
}

export type Json = Record<string, unknown>;

/** Rows of all pages, following the links. */
export async function allPages(rig: Rig, query: string, betweenPages: () => void = () => {}): Promise<Json[]> {
  const rows: Json[] = [];
  for (let next: string | undefined = query; next !== undefined; ) {
    const body: Json = json(await rig.graph(next));
    if (!Array.isArray(body["value"])) throw new Error(JSON.stringify(body));
    rows.push(...(body["value"] as Json[]));
    next = body["@odata.nextLink"] as string | undefined;
    betweenPages();
  }
  return rows;
}
