/** The parts that answers are made of, by the name that the document gives them. */
import { FAULTS } from "../../core/fault.js";
import { ROLES } from "../../core/administration.js";
import { anything, count, flag, instant, listOf, mapOf, number, object, orNull, part, text, words, type Shape } from "./shapes.js";

const STRETCH = object({ from: instant, to: instant, state: words("unread", "read", "settled", "gap", "stuck"), "readAgeSeconds?": number, "rows?": number, "reason?": text });
const MANAGED = object({ by: words("pull", "apply"), file: text, revision: text });
const BACKFILL = { id: text, from: instant, to: instant, again: flag, created: instant, seconds: count };

export const PARTS: Readonly<Record<string, Shape>> = {
  Error: object(
    { status: { type: "integer", minimum: 400, maximum: 599 }, id: { type: "string", pattern: "^[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}$" }, code: text, message: text, "errors?": listOf({ ...object({ pointer: text, message: text }), additionalProperties: true }) },
    { description: "Every refusal. message is whole sentences for people; errors has one entry per problem." },
  ),
  Collector: object({
    id: { type: "integer", minimum: 100_000_000, maximum: 999_999_999 }, name: text, "description?": text, "category?": text, "timeZone?": text, fields: mapOf(text),
    links: listOf(object({ rel: text, href: text })), collectorType: { const: "Hosted" }, collectorVersion: text, lastSeenAlive: count, alive: flag, "managed?": MANAGED,
  }),
  State: object({
    state: words("Pending", "Initialized", "Authenticated", "Collecting", "Error", "Stopping"),
    "errorType?": words("THIRD-PARTY-CONFIG", "THIRD-PARTY-GENERIC", "FIRST-PARTY-GENERIC"), "errorCode?": count, "errorInfo?": text,
    "recovering?": object({ fault: words(...Object.keys(FAULTS)), message: text, next: text, since: instant, nextTry: instant, tries: count }),
  }),
  Source: {
    ...object({
      id: { type: "integer", minimum: 100_000_000, maximum: 999_999_999 }, name: text, schemaRef: object({ type: text, "version?": text }), config: { type: "object", description: "As it was given; secrets are ********." },
      state: part("State"), sourceType: { const: "Universal" }, alive: flag, paused: flag, revision: count, created: instant, changed: instant, "warnings?": listOf(text),
      "managed?": MANAGED,
    }),
    // Where a source comes from, and what else its keepers tell, stands beside.
    additionalProperties: true,
  },
  SourceFile: object({ schemaRef: object({ type: text, "version?": text }), config: { type: "object" }, sourceType: { const: "Universal" } }),
  Status: object({
    id: count, name: text, state: part("State"), paused: flag, cursor: instant, frontier: instant, settledUntil: instant, lagSeconds: count, nextPoll: orNull(instant),
    debt: object({ seconds: count, rows: count, requests: count }), gapSeconds: count, stuckSeconds: count,
    backfills: listOf(object({ ...BACKFILL, "open?": anything, leftSeconds: count })),
    totals: object({ rowsRead: count, rowsDelivered: count, rowsLate: count, rowsChanged: count, windows: count, pages: count, lastDelivered: orNull(instant) }),
    destinations: listOf(text),
  }),
  Coverage: object({ id: count, from: instant, to: instant, seconds: object({ settled: count, read: count, unread: count, gap: count, stuck: count }), stretches: listOf(STRETCH) }),
  Backfill: object({ ...BACKFILL, "open?": anything }),
  Event: object({ at: instant, kind: text, detail: anything }),
  Window: object({ from: instant, to: instant }),
  HealthEvent: object({
    eventId: { type: "string", format: "uuid" }, eventName: text, details: object({ trackerId: text, name: text, description: text }),
    resourceIdentity: object({ id: { type: "string", pattern: "^[0-9A-F]{16}$" }, name: text, type: { const: "SourceResource" }, collectorId: { type: "string", pattern: "^[0-9A-F]{16}$" }, collectorName: text }),
    eventTime: instant, subsystem: { const: "Collection" }, severityLevel: words("Error", "Warning"),
  }),
  AccessKey: object({ id: text, name: text, role: words(...ROLES), state: words("active", "expired", "revoked"), created: instant, expires: orNull(instant), revoked: orNull(instant) }),
  NewAccessKey: object(
    { id: text, name: text, role: words(...ROLES), state: words("active", "expired", "revoked"), created: instant, expires: orNull(instant), revoked: orNull(instant), key: text },
    { description: "key is shown in this answer and never again; its hash alone is kept." },
  ),
  AuditEntry: object({
    number: count, at: instant, actor: object({ via: words("settings", "key", "entra"), id: text, name: text }), address: text, action: text,
    target: object({ kind: words("source", "collector", "key", "destination"), id: text, name: text }), "from?": anything, "to?": anything,
  }),
  Config: { ...object({ mode: words("api", "pull"), "from?": text, "revision?": text, "applied?": instant, "checked?": instant, "error?": { type: "object" }, collectors: listOf({ type: "object" }), sources: listOf({ type: "object" }), destinations: listOf({ type: "object" }) }), additionalProperties: true },
  Plan: object({ steps: listOf({ type: "object" }), unchanged: anything, moved: anything, notes: anything, warnings: anything }),
  DeliveredLine: object({ at: instant, destination: text, line: text }),
};
