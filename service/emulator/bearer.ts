/** Whether a request carries a token that this API of this tenant accepts. */
import type { Call } from "./call.js";
import type { EmulatedTenant, Scene } from "./scene.js";
import { readToken, type TraceApi } from "./token.js";

export type Bearer =
  | { readonly refused: "missing" | "invalid" | "expired" | "audience" }
  | { readonly refused?: never; readonly tenant: EmulatedTenant; readonly role: boolean };

export function readBearer(scene: Scene, call: Call, api: TraceApi): Bearer {
  const text = /^Bearer (.+)$/i.exec(call.headers["authorization"] ?? "")?.[1];
  if (text === undefined) return { refused: "missing" };
  const claims = readToken(scene.seed, text);
  const tenant = claims && scene.tenants.get(claims.tenantId.toLowerCase());
  if (claims?.kind !== "access" || !tenant) return { refused: "invalid" };
  if (call.nowMs >= claims.expiresMs) return { refused: "expired" };
  if (claims.api !== api) return { refused: "audience" };
  return { tenant, role: claims.grant === "user" || tenant.applicationPermission };
}
