/** Writes the audit log: who did what, from, to. Secrets are masked before they come here; this masks once more. */
import { separateSecrets } from "../../schema/index.js";
import type { KnownSource } from "../collect/wiring.js";
import type { AuditEntry, AuditRecord, CollectorRecord, KeyRecord } from "../core/administration.js";
import type { Context } from "./context.js";
import type { Call } from "./route.js";
import { iso } from "./source-form.js";

export type Change = Pick<AuditRecord, "action" | "target" | "from" | "to">;

/** Notes a change that was made. A log that cannot be written does not take the change back: the failure goes to the process's own log. */
export async function audited({ store, clock, logBehind }: Pick<Context, "store" | "clock" | "logBehind">, { caller, address }: Call, change: Change): Promise<void> {
  const { via, id, name } = caller;
  await store.appendAudit({ atMs: clock.nowMs(), actor: { via, id, name }, address, ...change }).catch((thrown: unknown) => {
    logBehind(`${change.action} of ${change.target.kind} ${change.target.id} by ${via} ${id} could not be written to the audit log`, thrown);
  });
}

/** What of a source belongs into the log. */
export function auditedSource({ record }: KnownSource) {
  const { collectorId, revision, schemaRef, config, paused } = record;
  return { collectorId, revision, schemaRef, config: separateSecrets(schemaRef.type, config).config, paused };
}

export function sourceTarget({ record, config }: KnownSource): AuditRecord["target"] {
  return { kind: "source", id: String(record.id), name: config.name };
}

export function auditedCollector({ revision, name, description, category, timeZone, fields }: CollectorRecord) {
  return { revision, name, description, category, timeZone, fields };
}

export function auditedKey({ name, role, expiresMs, revokedMs }: KeyRecord) {
  return { name, role, ...(expiresMs === undefined ? {} : { expires: iso(expiresMs) }), ...(revokedMs === undefined ? {} : { revoked: iso(revokedMs) }) };
}

/** An entry on the wire. */
export function auditForm({ number, atMs, ...entry }: AuditEntry) {
  return { number, at: iso(atMs), ...entry };
}
