/** What stands in the place of a secret, in answers and logs alike. */
export const MASK = "********";

const DEPTH_MAX = 8;

/** Keys as they are compared: lower case, without "_" and "-". */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  "clientsecret", "authorizationcode", "refreshtoken", "accesstoken", "idtoken", "token", "assertion", "clientassertion",
  "authorization", "cookie", "setcookie", "xsumotoken", "password", "secret", "secrets", "accesskey", "encryptionkey", "apikey",
]);

/** Bearer and Basic credentials, the code in a Sumo address (the address is the credential), OAuth parameters in a form or query. */
const SECRET_TEXTS: readonly RegExp[] = [
  /\b(Bearer |Basic )[A-Za-z0-9._~+/=-]{20,}/g,
  /(\/receiver\/v1\/http\/)[A-Za-z0-9_=~.%+-]+/g,
  /([?&]code=|client_secret=|refresh_token=|access_token=|client_assertion=)[^&\s"\\]+/g,
];

/**
 * A copy of a plain object in which values under keys that may carry secrets are masked, at any depth.
 * `code` and `url` are no such keys (faults and addresses have them); what is secret in those has a shape that `maskText` knows.
 */
export function maskKeys(value: Record<string, unknown>): Record<string, unknown> {
  return maskObject(value, 0);
}

function maskObject(value: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, isSecretKey(key) ? hidden(inner, depth) : masked(inner, depth)]));
}

function masked(value: unknown, depth: number): unknown {
  if (depth >= DEPTH_MAX) return typeof value === "object" && value !== null ? "[deeper]" : value;
  if (Array.isArray(value)) return value.map((inner: unknown) => masked(inner, depth + 1));
  return isPlain(value) ? maskObject(value, depth + 1) : value;
}

function hidden(value: unknown, depth: number): unknown {
  if (typeof value === "number" || typeof value === "boolean" || value === null || value === undefined) return value;
  // Where to find a secret is no secret.
  if (isPlain(value) && "secretRef" in value) return masked(value, depth);
  return MASK;
}

function isSecretKey(key: string): boolean {
  return SECRET_KEYS.has(key.toLowerCase().replaceAll(/[_-]/g, ""));
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A line of text with everything masked that has the shape of a credential. */
export function maskText(text: string): string {
  return SECRET_TEXTS.reduce((line, shape) => line.replace(shape, `$1${MASK}`), text);
}
