import { Fault, type FaultCode, type FaultOptions } from "../core/fault.js";

/** Error body of Microsoft Entra's token endpoint (RFC 6749 section 5.2, with Entra's `error_codes`). */
export interface EntraError {
  readonly error?: unknown;
  readonly error_description?: unknown;
  readonly error_codes?: unknown;
}

/** `error` values that decide alone: the request was not judged, whatever codes come with it. */
const DECISIVE: Readonly<Record<string, FaultCode>> = {
  temporarily_unavailable: "login-unavailable",
  server_error: "login-unavailable",
};

/** AADSTS numbers that say more than their `error` (entra-docs reference-error-codes.md; 7000215, 7000222, 700016: public code). */
const BY_CODE: Readonly<Record<number, FaultCode>> = {
  // the code or the refresh token is of no use any more: somebody authorises again
  70008: "code-expired", 700082: "code-expired", 700084: "code-expired", 50173: "code-expired", 70000: "code-expired",
  700081: "code-expired", 50089: "code-expired", 70043: "code-expired", 50078: "interaction-required",
  54005: "code-used",
  // consent and policy
  65001: "consent-missing", 65004: "consent-missing", 90094: "consent-missing",
  53000: "interaction-required", 53001: "interaction-required", 53003: "interaction-required", 50131: "interaction-required",
  50076: "interaction-required", 50079: "interaction-required", 50158: "interaction-required", 50097: "interaction-required",
  // the definition
  7000215: "secret-wrong", 50012: "secret-wrong", 7000218: "secret-wrong",
  7000222: "secret-expired",
  70021: "credential-unknown", 700027: "credential-unknown", 700211: "credential-unknown", 700212: "credential-unknown", 700213: "credential-unknown",
  700016: "app-unknown", 70001: "app-unknown", 7000112: "app-unknown",
  90002: "tenant-unknown", 900021: "tenant-unknown", 900023: "tenant-unknown", 50059: "tenant-unknown",
  50011: "redirect-mismatch", 500112: "redirect-mismatch",
  500011: "resource-missing", 650057: "resource-missing", 50001: "resource-missing",
  9002313: "token-refused", 50194: "token-refused", 901002: "token-refused", 70011: "token-refused",
  // passes
  50196: "token-loop",
  90006: "login-unavailable", 90024: "login-unavailable", 90033: "login-unavailable", 50033: "login-unavailable",
};

/** What an `error` means when none of its codes is known. */
const BY_ERROR: Readonly<Record<string, FaultCode>> = {
  invalid_grant: "code-expired",
  interaction_required: "interaction-required",
  login_required: "interaction-required",
  consent_required: "consent-missing",
  unauthorized_client: "app-unknown",
  invalid_resource: "resource-missing",
};

/** How long a detected loop of identical requests is left alone, ms. */
const LOOP_WAIT_MS = 60_000;

/**
 * The fault that an error answer of the token endpoint means: by `error` first, by `error_codes` second, never by text.
 * The detail has the deciding code and the first sentence about it; what occurs in `secrets` is masked.
 */
export function entraFault(body: EntraError, status: number, secrets: readonly string[] = [], retryAfterMs?: number): Fault {
  const error = typeof body.error === "string" ? body.error : "";
  const codes = Array.isArray(body.error_codes) ? body.error_codes.map(Number).filter(Number.isSafeInteger) : [];
  const deciding = codes.find((each) => Object.hasOwn(BY_CODE, each));
  const code = own(DECISIVE, error) ?? (deciding === undefined ? undefined : BY_CODE[deciding]) ?? own(BY_ERROR, error) ?? "token-refused";
  const options: FaultOptions = { status, detail: detailOf(body, error, deciding ?? codes.at(-1), status, secrets) };
  const waitMs = retryAfterMs ?? (code === "token-loop" ? LOOP_WAIT_MS : undefined);
  return new Fault(code, waitMs === undefined ? options : { ...options, retryAfterMs: waitMs });
}

function own(table: Readonly<Record<string, FaultCode>>, name: string): FaultCode | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function detailOf(body: EntraError, error: string, code: number | undefined, status: number, secrets: readonly string[]): string {
  const head = [code === undefined ? "" : `AADSTS${code}`, error.slice(0, 80), `(HTTP ${status})`].filter(Boolean).join(" ");
  const description = typeof body.error_description === "string" ? body.error_description : "";
  // Before anything is cut to size: half a secret would not be found any more.
  const said = sentenceAbout(secrets.reduce((text, secret) => (secret ? text.replaceAll(secret, "********") : text), description), code);
  return said ? `${head}: ${said}` : head;
}

/** The sentence after `AADSTS<code>: `, else the first; a description may hold several codes, and its later lines are ids. */
function sentenceAbout(description: string, code: number | undefined): string {
  const text = description.slice(0, 4000).split(/[\r\n]/, 1)[0]!;
  const label = `AADSTS${code}: `;
  const from = code === undefined ? -1 : text.indexOf(label);
  const rest = from < 0 ? text : text.slice(from + label.length);
  const end = rest.indexOf(". ");
  return (end < 0 ? rest : rest.slice(0, end + 1)).replaceAll(/\p{Cc}+/gu, " ").slice(0, 300).trim();
}
