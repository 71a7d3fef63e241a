/** Microsoft Entra's token and authorize endpoints, v1 and v2 (microsoft-apis.md section 4). */
import { cutInHalf, jsonAnswer, textAnswer, type Answer, type WholeAnswer } from "./answer.js";
import { bodyText, type Call } from "./call.js";
import { assertionFault } from "./client-assertion.js";
import { entraError, type EntraErrorName } from "./entra-errors.js";
import { redeem, type Redeemed } from "./grants.js";
import type { EmulatedTenant, Scene } from "./scene.js";
import { writeToken, type TraceApi } from "./token.js";

export type EntraVersion = "v1" | "v2";

/** Codes that were redeemed, and how often somebody tried: twice is a defect of the client. */
export type CodeLedger = Map<string, number>;

export function answerToken(scene: Scene, call: Call, tenantPart: string, version: EntraVersion, codes: CodeLedger): Answer {
  const tenant = scene.tenants.get(tenantPart.toLowerCase());
  const strikes = (name: "login-hang" | "login-cut" | "login-unavailable") => scene.faults.draw(name, call.nowMs, tenant?.tenantId);
  if (call.method !== "POST") return textAnswer(405, "text/plain", "", { allow: "POST" });
  if (strikes("login-hang")) return { hang: true };
  if (strikes("login-unavailable")) return entraError(scene, call.nowMs, "unavailable");
  const answer = decide(scene, call, tenantPart, tenant, version, codes);
  return strikes("login-cut") ? cutInHalf(answer) : answer;
}

function decide(scene: Scene, call: Call, tenantPart: string, tenant: EmulatedTenant | undefined, version: EntraVersion, codes: CodeLedger): WholeAnswer {
  const refuse = (name: EntraErrorName): WholeAnswer => entraError(scene, call.nowMs, name);
  if (["common", "organizations", "consumers"].includes(tenantPart.toLowerCase())) return refuse("singleTenant");
  if (!tenant) return refuse("tenantUnknown");
  const form = new URLSearchParams(bodyText(call));
  const client = clientOf(call, form);
  if (client.id === undefined || !form.get("grant_type")) return refuse("malformed");
  if (client.id.toLowerCase() !== tenant.clientId.toLowerCase()) return refuse("appUnknown");
  const tokenUrl = `${call.origin}${call.path}`;
  const wrong = form.has("client_assertion")
    ? assertionFault(form, tenant.trusted, { clientId: tenant.clientId.toLowerCase(), tokenUrl, nowMs: call.nowMs })
    : secretFault(scene, call, tenant, client.secret);
  if (wrong) return refuse(wrong);
  const audience = readAudience(form, version, call.origin);
  if (typeof audience === "string") return refuse(audience);
  const redeemed = redeem(scene, call.nowMs, tenant, form, codes);
  return typeof redeemed === "string" ? refuse(redeemed) : success(scene, call.nowMs, tenant, version, audience, redeemed, form);
}

/** From the form, or from Basic authentication (both parts form-encoded, RFC 6749 2.3.1). */
function clientOf(call: Call, form: URLSearchParams): { id: string | undefined; secret: string | undefined } {
  const basic = /^Basic (.+)$/i.exec(call.headers["authorization"] ?? "")?.[1];
  if (basic === undefined) return { id: form.get("client_id") ?? undefined, secret: form.get("client_secret") ?? undefined };
  const pair = new URLSearchParams(Buffer.from(basic, "base64").toString("utf8").replace(":", "=")).entries().next().value;
  return { id: pair?.[0], secret: pair?.[1] };
}

function secretFault(scene: Scene, call: Call, tenant: EmulatedTenant, secret: string | undefined): EntraErrorName | undefined {
  if (secret === undefined || secret === "") return "noSecret";
  if (scene.faults.draw("bad-secret", call.nowMs, tenant.tenantId) || secret !== tenant.clientSecret) return "badSecret";
  if (scene.faults.draw("expired-secret", call.nowMs, tenant.tenantId) || call.nowMs >= tenant.secretExpiresMs) return "expiredSecret";
  return undefined;
}

interface Audience {
  readonly url: string;
  readonly api: TraceApi;
}

const GRAPH_HOSTS = ["graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn"];
const OUTLOOK_HOSTS = ["outlook.office365.com", "outlook.office365.us", "partner.outlook.cn", "reports.office365.com"];

/** v1 names the API by `resource`, v2 by `scope` ending in /.default; either refuses the other's way. */
function readAudience(form: URLSearchParams, version: EntraVersion, origin: string): Audience | EntraErrorName {
  if (version === "v2" && form.has("resource")) return "resourceOnV2";
  const scope = (form.get("scope") ?? "").split(" ").find((word) => word.endsWith("/.default"));
  const url = version === "v1" ? form.get("resource") : scope?.slice(0, -"/.default".length);
  if (url === null) return "malformed";
  if (url === undefined) return "scopeInvalid";
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && GRAPH_HOSTS.includes(parsed.hostname)) return { url, api: "graph" };
  if (parsed && OUTLOOK_HOSTS.includes(parsed.hostname)) return { url, api: "reporting" };
  if (parsed?.origin === origin) return { url, api: parsed.pathname.startsWith("/reporting") ? "reporting" : "graph" };
  return "resourceUnknown";
}

function success(scene: Scene, nowMs: number, tenant: EmulatedTenant, version: EntraVersion, audience: Audience, redeemed: Redeemed, form: URLSearchParams): WholeAnswer {
  const claims = { tenantId: tenant.tenantId, clientId: tenant.clientId, issuedMs: nowMs };
  const expiresMs = nowMs + scene.tokenLifetimeMs;
  const access = writeToken(scene.seed, { kind: "access", ...claims, grant: redeemed.grant, api: audience.api, expiresMs, serial: scene.nextGuid() });
  const refresh = redeemed.grant === "user" && (version === "v1" || (form.get("scope") ?? "").split(" ").includes("offline_access"))
    ? { refresh_token: writeToken(scene.seed, { kind: "refresh", ...claims, grant: "user", expiresMs: nowMs + scene.refreshLifetimeMs, serial: scene.nextGuid() }) }
    : {};
  const seconds = Math.floor(scene.tokenLifetimeMs / 1_000);
  const headers = { "cache-control": "no-store, no-cache" };
  if (version === "v2") {
    const scopes = redeemed.grant === "user" ? { scope: `${audience.url}/.default` } : { ext_expires_in: seconds };
    return jsonAnswer(200, { token_type: "Bearer", ...scopes, expires_in: seconds, access_token: access, ...refresh }, headers);
  }
  // v1 writes numbers as strings.
  const expiry = { expires_in: String(seconds), expires_on: String(Math.floor(expiresMs / 1_000)) };
  return jsonAnswer(200, { token_type: "Bearer", ...expiry, resource: audience.url, access_token: access, ...refresh }, headers);
}
