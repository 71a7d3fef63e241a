import * as oauth from "openid-client";
import { Fault } from "../core/fault.js";
import { retryAfterMs } from "../core/retry-after.js";
import type { Clock, Credentials, Http, HttpResponse } from "../ports.js";
import { entraFault } from "./aadsts.js";
import type { ClientProof } from "./client-proof.js";
import { REDIRECT_URI } from "./consent-url.js";

/** What is given to Microsoft for a token. */
export type Proof =
  | { readonly kind: "app" }
  | { readonly kind: "code"; readonly code: string }
  | { readonly kind: "refresh"; readonly refreshToken: string };

export interface Tokens {
  readonly accessToken: string;
  readonly expiresInMs: number;
  readonly refreshToken: string | undefined;
}

interface TokenPorts {
  readonly http: Http;
  readonly clock: Clock;
}

const TIMEOUT_MS = 30_000;
const BYTES_MAX = 256 * 1024;
/** Life of a token that does not tell its own, ms. */
const LIFE_MS_DEFAULT = 600_000;
/** Fields of a token answer that are used. The id_token of v1 is unsigned and not asked for: it is not even looked at. */
const USED_FIELDS = ["access_token", "token_type", "expires_in", "refresh_token", "error", "error_description", "error_codes"];

/**
 * One request to the tenant's own token endpoint, by the OAuth library over our http port.
 * Throws Fault: those of Microsoft Entra (aadsts.ts), login-unavailable, html-answer, bad-answer, and the port's own.
 */
export async function requestTokens(credentials: Credentials, client: ClientProof, proof: Proof, ports: TokenPorts): Promise<Tokens> {
  const secrets = [...client.secrets, proof.kind === "code" ? proof.code : "", proof.kind === "refresh" ? proof.refreshToken : ""];
  const config = configure(credentials, client, fetchOver(ports));
  try {
    const answer = await grant(config, credentials, proof);
    const seconds = Number(answer.expires_in ?? Number.NaN);
    return {
      accessToken: answer.access_token,
      expiresInMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : LIFE_MS_DEFAULT,
      refreshToken: answer.refresh_token,
    };
  } catch (thrown) {
    if (thrown instanceof oauth.ResponseBodyError) throw entraFault(thrown.cause, thrown.status, secrets);
    // The library wraps what its fetch throws; the Fault within is the cause of the cause.
    for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
      if (cause instanceof Fault) throw cause;
    }
    throw new Fault("bad-answer", { detail: `the login service's answer holds no usable token (${kindOf(thrown)})` });
  }
}

function grant(config: oauth.Configuration, credentials: Credentials, proof: Proof): Promise<oauth.TokenEndpointResponse> {
  const { audience, endpoint } = credentials;
  const scope = proof.kind === "app" ? `${audience}/.default` : `${audience}/.default offline_access`;
  const target: Record<string, string> = endpoint === "v1" ? { resource: audience } : { scope };
  if (proof.kind === "app") return oauth.clientCredentialsGrant(config, target);
  if (proof.kind === "refresh") return oauth.refreshTokenGrant(config, proof.refreshToken, target);
  // Not authorizationCodeGrant: it wants the redirect with its state and PKCE, and a definition holds the bare code.
  return oauth.genericGrantRequest(config, "authorization_code", { ...target, code: proof.code, redirect_uri: REDIRECT_URI });
}

/** Static metadata of one tenant: no discovery request, and /common does not occur. */
function configure({ loginUrl, tenantId, clientId, endpoint }: Credentials, client: ClientProof, fetch: oauth.CustomFetch): oauth.Configuration {
  const tenantUrl = `${loginUrl}/${encodeURIComponent(tenantId)}`;
  const version = endpoint === "v2" ? "/v2.0" : "";
  const metadata = { issuer: tenantUrl, token_endpoint: `${tenantUrl}/oauth2${version}/token` };
  const config = new oauth.Configuration(metadata, clientId, undefined, client.authentication);
  config[oauth.customFetch] = fetch;
  // No timer of its own: time-outs are the http port's, so that a simulated clock rules them.
  config.timeout = 0;
  // Only the operator's own setting makes the login address http: (test doubles, proxies on the same host).
  if (loginUrl.startsWith("http:")) oauth.allowInsecureRequests(config);
  return config;
}

/** The http port as the library's fetch. Answers that are not OAuth's are judged here. */
function fetchOver({ http, clock }: TokenPorts): oauth.CustomFetch {
  return async (url, options) => {
    const response = await http({
      method: "POST",
      url,
      headers: options.headers,
      body: String(options.body),
      timeoutMs: TIMEOUT_MS,
      bytesMax: BYTES_MAX,
    });
    // A fresh Response without the headers: a WWW-Authenticate would make the library forget the error body.
    return new Response(JSON.stringify(oauthFields(response, clock.nowMs())), {
      status: response.status,
      headers: { "content-type": "application/json" },
    });
  };
}

function oauthFields(response: HttpResponse, nowMs: number): Record<string, unknown> {
  const { status } = response;
  const text = new TextDecoder().decode(response.body);
  const waitMs = retryAfterMs(response.headers["retry-after"], nowMs);
  const options = { status, detail: `login service, HTTP ${status}`, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
  if (status === 429 || status >= 500) throw new Fault("login-unavailable", options);
  if (text.trimStart().startsWith("<")) throw new Fault("html-answer", options);
  const fields = parsed(text);
  if (status === 200 && fields !== undefined) return pick(fields);
  if (status >= 400 && typeof fields?.["error"] === "string" && fields["error"] !== "") return pick(fields);
  throw new Fault(status >= 400 ? "token-refused" : "bad-answer", options);
}

function pick(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  // An empty or null field is an absent one; the library refuses the whole answer for it.
  return Object.fromEntries(USED_FIELDS.filter((name) => fields[name] !== null && fields[name] !== "").map((name) => [name, fields[name]]));
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The library's own code for what it met; its message may quote the answer, and an answer holds tokens. */
function kindOf(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  return typeof code === "string" ? code : "no code";
}
