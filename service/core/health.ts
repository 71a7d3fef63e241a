/** Health of a source in Sumo's words, from what happened. Pure. Sources: sumo-contract 2.2, 4.1, 4.2. */
import { FAULTS, type Fault, type FaultCode } from "./fault.js";

export type Phase = "Pending" | "Initialized" | "Authenticating" | "Authenticated" | "Collecting" | "Stopping";

export interface Trouble {
  readonly code: FaultCode;
  readonly message: string;
  readonly status?: number;
  /** First and latest time of this streak, ms. */
  readonly sinceMs: number;
  readonly atMs: number;
  readonly tries: number;
  readonly nextTryMs: number;
}
export interface Health {
  readonly phase: Phase;
  readonly trouble?: Trouble;
  /** A warning that does not stop collection, e.g. a destination's complaint. */
  readonly warning?: { readonly text: string; readonly atMs: number };
}

export const STARTING: Health = { phase: "Pending" };

/** A passing fault turns into Error only when it has lasted this long and was tried this often. */
const LASTING_MS = 600_000;
const LASTING_TRIES = 3;

const ORDER: readonly Phase[] = ["Pending", "Initialized", "Authenticating", "Authenticated", "Collecting", "Stopping"];

/** A phase was reached; phases only go forward. Only collecting (a page read, delivered and committed) ends a streak of faults. */
export function reached(health: Health, phase: Phase): Health {
  const further = ORDER.indexOf(phase) > ORDER.indexOf(health.phase) ? { ...health, phase } : health;
  if (phase !== "Collecting") return further;
  const { trouble: _over, ...rest } = further;
  return rest;
}

/** One more fault; the same streak goes on until something succeeds. */
export function troubled(health: Health, fault: Fault, nowMs: number, nextTryMs: number): Health {
  const before = health.trouble;
  const trouble: Trouble = {
    code: fault.code,
    message: fault.message,
    ...(fault.status === undefined ? {} : { status: fault.status }),
    sinceMs: before?.sinceMs ?? nowMs,
    atMs: nowMs,
    tries: (before?.tries ?? 0) + 1,
    nextTryMs,
  };
  return { ...health, trouble };
}

export interface HealthView {
  readonly state: Phase | "Error";
  readonly errorType?: "THIRD-PARTY-CONFIG" | "THIRD-PARTY-GENERIC" | "FIRST-PARTY-GENERIC";
  readonly errorCode?: number;
  readonly errorInfo?: string;
  /** A passing fault that is being retried: not an error yet. */
  readonly recovering?: { readonly fault: FaultCode; readonly message: string; readonly next: string; readonly since: string; readonly nextTry: string; readonly tries: number };
}

/** What the API shows as `state`. */
export function viewHealth(health: Health, nowMs: number): HealthView {
  const { trouble } = health;
  if (!trouble || health.phase === "Stopping") return { state: health.phase };
  if (isError(trouble, nowMs)) {
    return { state: "Error", errorType: errorType(trouble.code), errorCode: trouble.status ?? 0, errorInfo: `${sentence(trouble.message)} ${FAULTS[trouble.code].next}` };
  }
  const times = { since: new Date(trouble.sinceMs).toISOString(), nextTry: new Date(trouble.nextTryMs).toISOString() };
  return { state: health.phase, recovering: { fault: trouble.code, message: trouble.message, next: FAULTS[trouble.code].next, ...times, tries: trouble.tries } };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function isError(trouble: Trouble, nowMs: number): boolean {
  // A used-up quota is the tenant's normal life, never an error of the source.
  if (trouble.code === "throttled") return false;
  if (FAULTS[trouble.code].remedy !== "retry") return true;
  return nowMs - trouble.sinceMs >= LASTING_MS && trouble.tries >= LASTING_TRIES;
}

function errorType(code: FaultCode): NonNullable<HealthView["errorType"]> {
  const entry = FAULTS[code];
  if (entry.party === "vendor") return entry.remedy === "retry" || entry.remedy === "report" ? "THIRD-PARTY-GENERIC" : "THIRD-PARTY-CONFIG";
  if (entry.party === "destination") return entry.remedy === "configure" ? "THIRD-PARTY-CONFIG" : "THIRD-PARTY-GENERIC";
  return "FIRST-PARTY-GENERIC";
}
