/** Error bodies of the token endpoint (microsoft-apis.md 4.4; entra-*-error-*.json of the samples). */
import { jsonAnswer, type WholeAnswer } from "./answer.js";

interface EntraError {
  readonly status: number;
  readonly error: string;
  readonly codes: readonly number[];
  readonly text: string;
}

export const ENTRA_ERRORS = {
  codeUsed: { status: 400, error: "invalid_grant", codes: [54005], text: "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token." },
  expired: { status: 400, error: "invalid_grant", codes: [70008], text: "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource." },
  refreshInactive: { status: 400, error: "invalid_grant", codes: [700082], text: "The refresh token has expired due to inactivity." },
  refreshInvalid: { status: 400, error: "invalid_grant", codes: [70000], text: "The provided value for the 'refresh_token' parameter is not valid." },
  noConsent: { status: 400, error: "invalid_grant", codes: [65001], text: "The user or administrator has not consented to use the application." },
  badSecret: { status: 401, error: "invalid_client", codes: [7000215], text: "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app." },
  noSecret: { status: 401, error: "invalid_client", codes: [7000218], text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'." },
  expiredSecret: { status: 401, error: "invalid_client", codes: [7000222], text: "The provided client secret keys are expired." },
  assertionMalformed: { status: 401, error: "invalid_client", codes: [50027], text: "JWT token is invalid or malformed." },
  assertionTime: { status: 401, error: "invalid_client", codes: [700024], text: "Client assertion is not within its valid time range." },
  certificateUnknown: { status: 401, error: "invalid_client", codes: [700027], text: "The certificate used to sign the client assertion is not registered on application." },
  federationUnknown: { status: 401, error: "invalid_client", codes: [70021], text: "No matching federated identity record found for presented assertion." },
  federationAudience: { status: 401, error: "invalid_client", codes: [700212], text: "No matching federated identity record found for presented assertion audience." },
  appUnknown: { status: 400, error: "unauthorized_client", codes: [700016], text: "Application was not found in the directory." },
  tenantUnknown: { status: 400, error: "invalid_request", codes: [90002], text: "Tenant not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud." },
  singleTenant: { status: 400, error: "invalid_request", codes: [50194], text: "Application is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'." },
  malformed: { status: 400, error: "invalid_request", codes: [9002313], text: "Invalid request. Request is malformed or invalid." },
  resourceOnV2: { status: 400, error: "invalid_request", codes: [901002], text: "The 'resource' request parameter is not supported." },
  redirect: { status: 400, error: "invalid_request", codes: [50011], text: "The redirect URI specified in the request does not match the redirect URIs configured for the application." },
  scopeInvalid: { status: 400, error: "invalid_scope", codes: [70011], text: "The provided value for the input parameter 'scope' is not valid." },
  resourceUnknown: { status: 400, error: "invalid_resource", codes: [500011], text: "The resource principal was not found in the tenant." },
  grantUnknown: { status: 400, error: "unsupported_grant_type", codes: [70003], text: "The app requested an unsupported grant type." },
  unavailable: { status: 503, error: "temporarily_unavailable", codes: [90033], text: "A transient error has occurred. Please try again." },
} as const satisfies Record<string, EntraError>;

export type EntraErrorName = keyof typeof ENTRA_ERRORS;

export function entraError(scene: { nextGuid(): string }, nowMs: number, name: EntraErrorName): WholeAnswer {
  const { status, error, codes, text } = ENTRA_ERRORS[name];
  const trace = scene.nextGuid();
  const correlation = scene.nextGuid();
  const timestamp = `${new Date(nowMs).toISOString().slice(0, 19).replace("T", " ")}Z`;
  const first = codes.map((code) => `AADSTS${code}: `).join("");
  return jsonAnswer(status, {
    error,
    error_description: `${first}${text}\r\nTrace ID: ${trace}\r\nCorrelation ID: ${correlation}\r\nTimestamp: ${timestamp}`,
    error_codes: codes,
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
  }, { "cache-control": "no-store, no-cache" });
}
