/** Every fault of the emulator by name, and what the collector must make of it. */
import type { EmulatedFaultName, FaultRule } from "../../service/emulator/fault-catalogue.js";
import type { FaultCode } from "../../service/core/fault.js";

/**
 * recovering: passes by itself, shown as recovering and never as Error. error: shown as Error until it is mended.
 * logged: mended so fast that only the log tells. nothing: the collector takes it in its stride.
 */
export type Shown = "recovering" | "error" | "logged" | "nothing";
/** What a person does about an error; `restart` after the cause is gone. */
export type Mending = "restart" | "new code" | "right secret";

export interface FaultCase {
  readonly fault: EmulatedFaultName;
  readonly api: "graph" | "reporting";
  /** Absent: the collector's own wrong definition shows it. */
  readonly rule?: Pick<FaultRule, "times" | "retryAfterSeconds" | "delayMs" | "taken">;
  readonly shown: Shown;
  /** Code that the collector gives it. */
  readonly code?: FaultCode;
  readonly mending?: Mending;
  /** From the first request on; otherwise once the source has begun to collect. */
  readonly atOnce?: boolean;
}

type Row = readonly [EmulatedFaultName, NonNullable<FaultCase["rule"]>, Shown, FaultCode?, Mending?];

const PASSING = { times: 3 } as const;
const ONCE = { times: 1 } as const;

/** Both APIs. */
const TRACE: readonly Row[] = [
  ["html", PASSING, "recovering", "html-answer"],
  ["throttle", { times: 2, retryAfterSeconds: 2 }, "recovering", "throttled"],
  ["server-error", PASSING, "recovering", "server-error"],
  ["cut", PASSING, "recovering", "connection-cut"],
  // The test breaks connections that hang, as networks do in the end.
  ["hang", ONCE, "recovering", "connection-cut"],
  ["slow", { times: 2, delayMs: 800 }, "nothing"],
  ["truncate", PASSING, "recovering", "bad-answer"],
  ["bad-link", PASSING, "logged", "bad-link"],
  ["foreign-link", PASSING, "logged", "bad-link"],
  ["looping-link", PASSING, "logged", "bad-link"],
  ["repeat-page", { times: 2 }, "logged", "bad-link"],
  ["empty-page-with-link", { times: 2 }, "nothing"],
  // A first refusal is answered with a fresh token, the second is a fault: two of these.
  ["refuse-token", { times: 4 }, "recovering", "unauthorized"],
  ["forbidden", ONCE, "error", "forbidden", "restart"],
];

const AT_ONE_API: readonly FaultCase[] = [
  { fault: "expired-link", api: "graph", rule: { times: 2 }, shown: "logged", code: "bad-link" },
  { fault: "expired-link", api: "reporting", rule: { times: 2 }, shown: "logged", code: "window-too-large" },
  { fault: "no-service-principal", api: "graph", rule: PASSING, shown: "recovering", code: "service-principal-missing" },
];

const LOGIN: readonly FaultCase[] = [
  { fault: "expired-code", api: "reporting", rule: ONCE, shown: "error", code: "code-expired", mending: "new code", atOnce: true },
  { fault: "expired-refresh", api: "reporting", rule: ONCE, shown: "error", code: "code-expired", mending: "new code" },
  { fault: "bad-secret", api: "graph", shown: "error", code: "secret-wrong", mending: "right secret", atOnce: true },
  { fault: "bad-secret", api: "reporting", rule: ONCE, shown: "error", code: "secret-wrong", mending: "restart" },
  { fault: "expired-secret", api: "graph", rule: ONCE, shown: "error", code: "secret-expired", mending: "restart" },
  { fault: "login-unavailable", api: "graph", rule: PASSING, shown: "recovering", code: "login-unavailable" },
  { fault: "login-hang", api: "graph", rule: ONCE, shown: "recovering", code: "timeout", atOnce: true },
  { fault: "login-cut", api: "graph", rule: PASSING, shown: "recovering", code: "connection-cut" },
  // The code is spent, and what it gave is lost: only a person can give another one.
  { fault: "login-cut", api: "reporting", rule: ONCE, shown: "error", code: "code-used", mending: "new code", atOnce: true },
];

const RECEIVER: readonly FaultCase[] = [
  { fault: "receiver-refuse", api: "graph", rule: ONCE, shown: "error", code: "destination-refused", mending: "restart" },
  { fault: "receiver-throttle", api: "graph", rule: { times: 2, retryAfterSeconds: 2 }, shown: "recovering", code: "destination-throttled" },
  { fault: "receiver-error", api: "graph", rule: PASSING, shown: "recovering", code: "destination-error" },
  { fault: "receiver-hang", api: "graph", rule: { times: 2, taken: true }, shown: "recovering", code: "destination-error" },
  { fault: "receiver-accept-then-cut", api: "graph", rule: PASSING, shown: "recovering", code: "destination-error" },
  { fault: "receiver-too-large", api: "graph", rule: { times: 4 }, shown: "nothing" },
  { fault: "receiver-warning", api: "graph", rule: { times: 2 }, shown: "nothing" },
];

export const FAULT_CASES: readonly FaultCase[] = [
  ...TRACE.flatMap(([fault, rule, shown, code, mending]) => (["graph", "reporting"] as const).map((api): FaultCase =>
    ({ fault, api, rule, shown, ...(code === undefined ? {} : { code }), ...(mending === undefined ? {} : { mending }) }))),
  ...AT_ONE_API, ...LOGIN, ...RECEIVER,
];

export function isReceiverFault({ fault }: FaultCase): boolean {
  return fault.startsWith("receiver-");
}

export function ofLogin(one: FaultCase): boolean {
  return LOGIN.includes(one);
}

/** A name for tests, tenants and sources alike. */
export function caseName({ fault, api, rule }: FaultCase): string {
  return `${fault}-${api}${rule === undefined ? "-defined" : ""}`;
}
