/**
 * Bearer tokens of Microsoft Entra ID: signature by the tenant's published keys, issuer, audience, times, app roles.
 * Facts: https://learn.microsoft.com/entra/identity-platform/access-tokens (validation, v1 and v2 issuers) and
 * https://learn.microsoft.com/entra/identity-platform/signing-key-rollover (keys change at any time).
 */
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from "jose";
import type { Role } from "../core/administration.js";
import { Fault } from "../core/fault.js";
import type { Clock, Http } from "../ports.js";
import type { Caller } from "./access-keys.js";

export interface EntraSettings {
  /** Directory id, a GUID. */
  readonly tenantId: string;
  /** What `aud` must be: the application id (tokens of version 2) or the application id URI (version 1). */
  readonly audience: string;
  /** https://login.microsoftonline.com, without trailing slash. */
  readonly loginUrl: string;
}
export type TokenVerdict =
  | { readonly ok: true; readonly caller: Caller }
  /** `known`: the token is genuine, but allows nothing here. */
  | { readonly ok: false; readonly known: boolean; readonly reason: string };

export interface EntraTokens {
  /** Never throws for a bad token. Throws Fault login-unavailable when the tenant's keys cannot be had. */
  verify(token: string): Promise<TokenVerdict>;
}

/** App roles that the registration defines. The first that a token carries counts. */
const APP_ROLES: readonly (readonly [string, Role])[] = [["Collector.Admin", "admin"], ["Collector.Editor", "editor"], ["Collector.Reader", "reader"]];
/** Both sides' clocks may differ by this much. */
const TOLERANCE_SECONDS = 60;
const KEYS_MS = 86_400_000;
/** Tokens with made-up key ids must not make us ask for keys again and again. */
const ANEW_MS = 300_000;
/** While there are no keys at all. */
const RETRY_MS = 5000;
const TIMEOUT_MS = 10_000;
const BYTES_MAX = 256 * 1024;

/** Verifies tokens of one tenant for one audience. The tenant's keys are fetched when first needed, and kept for a day. */
export function createEntraTokens({ tenantId, audience, loginUrl }: EntraSettings, { http, clock }: { readonly http: Http; readonly clock: Clock }): EntraTokens {
  const tenant = tenantId.toLowerCase();
  const issuers = [`${loginUrl}/${tenant}/v2.0`, `https://sts.windows.net/${tenant}/`];
  let keys: JSONWebKeySet | undefined;
  let under: Promise<JSONWebKeySet> | undefined;
  let fetchedMs = Number.NEGATIVE_INFINITY;
  let askedMs = Number.NEGATIVE_INFINITY;
  const isRecent = (atMs: number, forMs: number) => clock.nowMs() >= atMs && clock.nowMs() - atMs < forMs;

  async function keySet(maxAgeMs: number): Promise<JSONWebKeySet> {
    if (keys && isRecent(fetchedMs, maxAgeMs)) return keys;
    if (under) return under;
    if (isRecent(askedMs, keys ? ANEW_MS : RETRY_MS)) {
      // Old keys are better than none.
      if (keys) return keys;
      throw new Fault("login-unavailable", { detail: "the tenant's signing keys could not be fetched a moment ago", retryAfterMs: RETRY_MS });
    }
    askedMs = clock.nowMs();
    under = fetchKeys(`${loginUrl}/${tenant}/discovery/v2.0/keys`, http).then(kept, (thrown: unknown) => keys ?? Promise.reject(thrown)).finally(() => (under = undefined));
    return under;
  }

  function kept(set: JSONWebKeySet): JSONWebKeySet {
    fetchedMs = clock.nowMs();
    return (keys = set);
  }

  async function claimsOf(token: string, maxAgeMs: number): Promise<JWTPayload> {
    const set = createLocalJWKSet(await keySet(maxAgeMs));
    const { payload } = await jwtVerify(token, set, {
      algorithms: ["RS256"],
      issuer: issuers,
      audience,
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(clock.nowMs()),
      requiredClaims: ["exp", "nbf", "tid"],
    });
    return payload;
  }

  return {
    async verify(token) {
      try {
        const claims = await claimsOf(token, KEYS_MS).catch((thrown: unknown) => {
          if (!(thrown instanceof errors.JWKSNoMatchingKey)) throw thrown;
          return claimsOf(token, ANEW_MS);
        });
        return judge(claims, tenant);
      } catch (thrown) {
        if (!(thrown instanceof errors.JOSEError)) throw thrown;
        return { ok: false, known: false, reason: `The bearer token is not accepted: ${reasonOf(thrown, audience)}.` };
      }
    },
  };
}

function judge(claims: JWTPayload, tenant: string): TokenVerdict {
  const { tid, oid, sub, roles } = claims;
  if (typeof tid !== "string" || tid.toLowerCase() !== tenant) return { ok: false, known: false, reason: "The bearer token is of another tenant." };
  const given: readonly unknown[] = Array.isArray(roles) ? roles : [];
  const role = APP_ROLES.find(([name]) => given.includes(name))?.[1];
  if (!role) return { ok: false, known: true, reason: `The bearer token carries none of the app roles ${APP_ROLES.map(([name]) => name).join(", ")}: assign one to the user or the application.` };
  const text = (...names: string[]) => names.map((name) => claims[name]).find((value): value is string => typeof value === "string" && value !== "");
  const id = text("oid", "azp", "appid", "sub") ?? String(oid ?? sub);
  return { ok: true, caller: { via: "entra", id: id.slice(0, NAME_LENGTH_MAX), name: (text("preferred_username", "upn", "app_displayname", "azp", "appid") ?? id).slice(0, NAME_LENGTH_MAX), role } };
}
const NAME_LENGTH_MAX = 128;

/** Why, in words that help; nothing of the token is repeated. */
function reasonOf(error: errors.JOSEError, audience: string): string {
  if (error instanceof errors.JWTExpired) return "it has expired";
  if (error instanceof errors.JWKSNoMatchingKey) return "it is signed with a key that the tenant does not publish";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "its signature is wrong";
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "aud") return `its audience is not ${audience}`;
    if (error.claim === "iss") return "its issuer is not the configured tenant";
    return `its claim ${error.claim} is missing or does not fit`;
  }
  return "it is no token that Microsoft Entra issues for APIs (a JWT signed with RS256)";
}

async function fetchKeys(url: string, http: Http): Promise<JSONWebKeySet> {
  const { status, body } = await http({ method: "GET", url, headers: { Accept: "application/json" }, timeoutMs: TIMEOUT_MS, bytesMax: BYTES_MAX }).catch((cause: unknown) => {
    throw new Fault("login-unavailable", { detail: "the tenant's signing keys cannot be fetched", cause });
  });
  const keys = status === 200 ? parsed(body) : undefined;
  if (!keys) throw new Fault("login-unavailable", { detail: `the tenant's signing keys were asked for and answered with ${status}`, status });
  return keys;
}

function parsed(body: Uint8Array): JSONWebKeySet | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === "object" && value !== null && "keys" in value && Array.isArray(value.keys) ? (value as JSONWebKeySet) : undefined;
  } catch {
    return undefined;
  }
}
