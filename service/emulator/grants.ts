/** What a token is given for: an authorization code (once), a refresh token (again and again), or the client's own credentials. */
import { textAnswer, type WholeAnswer } from "./answer.js";
import type { Call } from "./call.js";
import { entraError, type EntraErrorName } from "./entra-errors.js";
import type { EmulatedTenant, Scene } from "./scene.js";
import { readToken, writeToken } from "./token.js";

export interface Redeemed {
  readonly grant: "app" | "user";
}

/** Who asks for what, after the client itself has been recognised. */
export function redeem(scene: Scene, nowMs: number, tenant: EmulatedTenant, form: URLSearchParams, codes: Map<string, number>): Redeemed | EntraErrorName {
  switch (form.get("grant_type")) {
    case "client_credentials": return { grant: "app" };
    case "refresh_token": return refresh(scene, nowMs, tenant, form);
    case "authorization_code": return code(scene, nowMs, tenant, form, codes);
    default: return "grantUnknown";
  }
}

/** The old token stays valid when a new one is given (refresh-tokens.md: "doesn't revoke old refresh tokens when used"). */
function refresh(scene: Scene, nowMs: number, tenant: EmulatedTenant, form: URLSearchParams): Redeemed | EntraErrorName {
  const text = form.get("refresh_token");
  if (!text) return "malformed";
  if (scene.faults.draw("expired-refresh", nowMs, tenant.tenantId)) return "refreshInactive";
  const claims = readToken(scene.seed, text);
  if (claims?.kind !== "refresh" || claims.tenantId !== tenant.tenantId || claims.clientId !== tenant.clientId) return "refreshInvalid";
  if (nowMs >= claims.expiresMs) return "refreshInactive";
  return tenant.consent ? { grant: "user" } : "noConsent";
}

function code(scene: Scene, nowMs: number, tenant: EmulatedTenant, form: URLSearchParams, codes: Map<string, number>): Redeemed | EntraErrorName {
  const text = form.get("code");
  if (!text || !form.get("redirect_uri")) return "malformed";
  const tried = codes.get(text) ?? 0;
  codes.set(text, tried + 1);
  const expiresMs = codeExpiryMs(scene, tenant, text);
  if (expiresMs === undefined) return "malformed";
  if (form.get("redirect_uri") !== tenant.redirectUri) return "redirect";
  if (tried > 0) return "codeUsed";
  if (scene.faults.draw("expired-code", nowMs, tenant.tenantId) || nowMs >= expiresMs) return "expired";
  return tenant.consent ? { grant: "user" } : "noConsent";
}

/** When the code expires; undefined for one that was never given out. */
function codeExpiryMs(scene: Scene, tenant: EmulatedTenant, text: string): number | undefined {
  if (tenant.codes.includes(text)) return scene.startedMs + scene.codeLifetimeMs;
  const claims = readToken(scene.seed, text);
  return claims?.kind === "code" && claims.tenantId === tenant.tenantId ? claims.expiresMs : undefined;
}

/** The authorize endpoint: signs the user in without asking, and sends the browser back with a fresh code. */
export function answerAuthorize(scene: Scene, call: Call, tenantPart: string): WholeAnswer {
  const refuse = (name: EntraErrorName): WholeAnswer => entraError(scene, call.nowMs, name);
  if (tenantPart.toLowerCase() === "common") return refuse("singleTenant");
  const tenant = scene.tenants.get(tenantPart.toLowerCase());
  if (!tenant) return refuse("tenantUnknown");
  if (call.query.get("client_id")?.toLowerCase() !== tenant.clientId.toLowerCase()) return refuse("appUnknown");
  if (call.query.get("response_type") !== "code") return refuse("malformed");
  if (call.query.get("redirect_uri") !== tenant.redirectUri) return refuse("redirect");
  const back = new URL(tenant.redirectUri);
  back.searchParams.set("code", issueCode(scene, tenant, call.nowMs));
  const state = call.query.get("state");
  if (state !== null) back.searchParams.set("state", state);
  return textAnswer(302, "text/html", "", { location: back.href });
}

/** An authorization code as the authorize endpoint gives it. */
export function issueCode(scene: Scene, tenant: EmulatedTenant, nowMs: number): string {
  return writeToken(scene.seed, {
    kind: "code", tenantId: tenant.tenantId, clientId: tenant.clientId, grant: "user",
    issuedMs: nowMs, expiresMs: nowMs + scene.codeLifetimeMs, serial: scene.nextGuid(),
  });
}
