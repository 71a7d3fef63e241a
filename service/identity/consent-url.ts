import type { Credentials } from "../ports.js";

/** Where Microsoft sends the browser with the code; it has to be registered in the app as a Web redirect URI. */
export const REDIRECT_URI = "https://localhost";

/** What a consent page is asked for. */
export type ConsentRequest = Pick<Credentials, "loginUrl" | "tenantId" | "clientId" | "audience" | "endpoint">;

/**
 * The address at which a person authorises the application; the browser ends at https://localhost/?code=...
 * Of the tenant, never of /common: single-tenant apps are refused there (AADSTS50194).
 * v1 names the API by `resource`, v2 by `scope`, with offline_access for a refresh token (v2-oauth2-auth-code-flow.md).
 */
export function consentUrl({ loginUrl, tenantId, clientId, audience, endpoint }: ConsentRequest): string {
  const version = endpoint === "v2" ? "/v2.0" : "";
  const url = new URL(`${loginUrl}/${encodeURIComponent(tenantId)}/oauth2${version}/authorize`);
  url.searchParams.set("response_type", "code");
  url.searchParams.set("response_mode", "query");
  url.searchParams.set("client_id", clientId);
  url.searchParams.set("redirect_uri", REDIRECT_URI);
  if (endpoint === "v2") url.searchParams.set("scope", `${audience}/.default offline_access`);
  else url.searchParams.set("resource", audience);
  return url.href;
}
