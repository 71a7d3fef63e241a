/** Health events that are not resolved, in the vendor's shape (sumo-contract 4.2, 4.3): one for each source that is in trouble. */
import { createHash } from "node:crypto";
import { FAULTS } from "../core/fault.js";
import { viewHealth, type Health, type HealthView } from "../core/health.js";
import type { CollectorRecord } from "../core/administration.js";
import type { KnownSource } from "../collect/wiring.js";
import { iso } from "./source-form.js";

export interface HealthEvent {
  /** The same for one and the same trouble, however often it is asked for. */
  readonly eventId: string;
  readonly eventName: string;
  readonly details: { readonly trackerId: string; readonly name: string; readonly description: string };
  readonly resourceIdentity: { readonly id: string; readonly name: string; readonly type: "SourceResource"; readonly collectorId: string; readonly collectorName: string };
  /** RFC 3339. */
  readonly eventTime: string;
  readonly subsystem: "Collection";
  readonly severityLevel: "Error" | "Warning";
}

/** The newer names of error types (sumo-contract 4.2). */
const NEWER: Readonly<Record<NonNullable<HealthView["errorType"]>, string>> = {
  "THIRD-PARTY-CONFIG": "VendorConfigError",
  "THIRD-PARTY-GENERIC": "VendorGenericError",
  "FIRST-PARTY-GENERIC": "SumoLogicGenericError",
};

/** What troubles a source now: an error, a fault that may pass (a warning), or a destination's complaint (a warning). */
export function healthEventsOf({ record, config }: KnownSource, collector: CollectorRecord | undefined, health: Health, nowMs: number): readonly HealthEvent[] {
  if (record.stopping) return [];
  const { trouble, warning } = health;
  const view = viewHealth(health, nowMs);
  const resourceIdentity = { id: hexId(record.id), name: config.name, type: "SourceResource", collectorId: hexId(record.collectorId), collectorName: collector?.name ?? "" } as const;
  const event = (severityLevel: HealthEvent["severityLevel"], trackerId: string, atMs: number, about: Pick<HealthEvent, "eventName"> & { name: string; description: string }): HealthEvent => ({
    eventId: eventId(record.id, trackerId, atMs),
    eventName: about.eventName,
    details: { trackerId, name: about.name, description: about.description },
    resourceIdentity,
    eventTime: iso(atMs),
    subsystem: "Collection",
    severityLevel,
  });
  const events: HealthEvent[] = [];
  if (trouble) {
    const { title, next } = FAULTS[trouble.code];
    const name = view.errorType ? NEWER[view.errorType] : "Recovering";
    events.push(event(view.state === "Error" ? "Error" : "Warning", trouble.code, trouble.sinceMs, { eventName: name, name: title, description: `${trouble.message} ${next}` }));
  }
  if (warning) events.push(event("Warning", "destination-warning", warning.atMs, { eventName: "DestinationWarning", name: "The destination took the rows and complained", description: warning.text }));
  return events;
}

/** Newest first, then by id: an order that stays while nothing happens. */
export function inOrder(events: readonly HealthEvent[]): readonly HealthEvent[] {
  return events.toSorted((a, b) => (a.eventTime === b.eventTime ? compare(a.eventId, b.eventId) : compare(b.eventTime, a.eventTime)));
}

/** 16 hex digits, as events write the numeric ids of the API (sumo-contract 4.3). */
export function hexId(id: number): string {
  return id.toString(16).toUpperCase().padStart(16, "0");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** A UUID in form, made of what the event is about. */
function eventId(...parts: readonly (string | number)[]): string {
  const digits = createHash("sha256").update(parts.join("|")).digest("hex");
  return [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`, digits.slice(20, 32)].join("-");
}
