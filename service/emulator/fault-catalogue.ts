/** Every fault that the emulator can show, by name. */

export const EMULATED_FAULTS = {
  // Microsoft's trace APIs
  "html": "200 with the page \"Sign in to Outlook\" in place of JSON (`status` for another one)",
  "throttle": "429, with Retry-After unless `retryAfterSeconds` is null (default 30)",
  "server-error": "503 (`status` for another one)",
  "cut": "the connection breaks in the middle of the page",
  "hang": "no answer until the client gives up",
  "slow": "the answer waits `delayMs` (default 5000)",
  "truncate": "200 with half of the JSON",
  "bad-link": "the page's next link leads to a 400, or is no URL (every second time)",
  "foreign-link": "the page's next link leads to another origin",
  "looping-link": "the page's next link is the page's own address",
  "repeat-page": "the page's next link, fresh each time, gives the same rows again",
  "empty-page-with-link": "a page without rows, whose next link gives the rows that were due",
  "expired-link": "the page's next link has gone bad (reporting: the 999999 ceiling)",
  "refuse-token": "401, as for an access token that was revoked",
  "no-service-principal": "401 of Graph for a tenant without the message trace service principal",
  "forbidden": "403: permission or role is missing",
  // Microsoft Entra
  "expired-code": "AADSTS70008 for every authorization code",
  "expired-refresh": "AADSTS700082 for every refresh token",
  "bad-secret": "AADSTS7000215",
  "expired-secret": "AADSTS7000222",
  "login-unavailable": "AADSTS90033, temporarily unavailable",
  "login-hang": "the token endpoint does not answer",
  "login-cut": "the token endpoint does its work, code spent, and the answer is lost",
  // the receiver
  "receiver-refuse": "401 (`status` for another one)",
  "receiver-throttle": "429 (Retry-After only with `retryAfterSeconds`)",
  "receiver-error": "503 (`status` for another one)",
  "receiver-hang": "no answer; with `taken` the lines were taken all the same",
  "receiver-accept-then-cut": "the lines are taken and the answer is lost",
  "receiver-too-large": "413 for more than one line",
  "receiver-warning": "200 with a JSON body: taken, with a complaint",
} as const;

export type EmulatedFaultName = keyof typeof EMULATED_FAULTS;

/** When a fault shows, and what is particular about it. Without any bound it shows every time. */
export interface FaultRule {
  /** So many times, then never again. */
  readonly times?: number;
  /** Chance, 0 to 1, drawn from the seed. */
  readonly share?: number;
  readonly fromMs?: number;
  /** Not included. */
  readonly toMs?: number;
  /** One tenant only (receiver faults know no tenant). */
  readonly tenantId?: string;
  /** Null leaves the header out. */
  readonly retryAfterSeconds?: number | null;
  readonly status?: number;
  readonly taken?: boolean;
  readonly delayMs?: number;
}
export type ScheduledFault = FaultRule & { readonly name: EmulatedFaultName };

/** The name as the catalogue has it; receiver faults may be named without their prefix where no other has the name. */
export function faultName(text: string): EmulatedFaultName | undefined {
  for (const name of [text, `receiver-${text}`]) {
    if (Object.hasOwn(EMULATED_FAULTS, name)) return name as EmulatedFaultName;
  }
  return undefined;
}

const NUMBERS = ["times", "share", "fromMs", "toMs", "status", "delayMs"] as const;

/** A rule from JSON that came over HTTP. Returns a sentence when it is wrong. */
export function readFaultRule(value: unknown): FaultRule | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "a fault rule is a JSON object";
  const given = value as Record<string, unknown>;
  const known: readonly string[] = [...NUMBERS, "retryAfterSeconds", "taken", "tenantId"];
  const stranger = Object.keys(given).find((key) => !known.includes(key));
  if (stranger !== undefined) return `"${stranger}" is no property of a fault rule; known are ${known.join(", ")}`;
  for (const key of [...NUMBERS, "retryAfterSeconds"]) {
    const number = given[key];
    if (number === undefined || (number === null && key === "retryAfterSeconds")) continue;
    if (typeof number !== "number" || !Number.isFinite(number) || number < 0) return `"${key}" must be a number from 0`;
  }
  const status = given["status"];
  if (status !== undefined && !(Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599)) return "\"status\" must be 200 to 599";
  if ((given["share"] ?? 1) as number > 1) return "\"share\" must be 0 to 1";
  if (given["taken"] !== undefined && typeof given["taken"] !== "boolean") return "\"taken\" must be true or false";
  if (given["tenantId"] !== undefined && typeof given["tenantId"] !== "string") return "\"tenantId\" must be a string";
  return given as FaultRule;
}
