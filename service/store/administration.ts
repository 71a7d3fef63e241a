/** Hosted collectors, access keys and the audit log in the database. */
import type { Actor, Administration, AuditEntry, AuditRecord, CollectorRecord, KeyRecord, Role } from "../core/administration.js";
import { asJson, integerOf, jsonOf, textOf, type Database, type Query, type Row } from "./database.js";

/** Audit entries beyond these are forgotten, oldest first. */
export const AUDIT_MAX = 10_000;
/** Longest JSON of one side of an audit entry, characters: with AUDIT_MAX it bounds the table to some 160 MB at worst. */
const SIDE_LENGTH_MAX = 8192;

type Properties = Pick<CollectorRecord, "description" | "category" | "timeZone" | "fields">;

export function administration(database: Database): Administration {
  return { ...collectors(database), ...keys(database), ...audit(database) };
}

function collectors(database: Database): Pick<Administration, "collectors" | "insertCollector" | "replaceCollector" | "deleteCollector" | "madeFrom"> {
  return {
    async collectors() {
      return (await database.query("SELECT * FROM collectors ORDER BY id")).map(toCollector);
    },
    insertCollector: (record, origin) => insertCollectorRow(database.query, record, origin),
    replaceCollector: (record, expectedRevision) => replaceCollectorRow(database.query, record, expectedRevision),
    async deleteCollector(id) {
      await database.query("DELETE FROM collectors WHERE id = $1", [id]);
    },
    async madeFrom(kind, origin, sinceMs) {
      const table = kind === "source" ? "sources" : "collectors";
      const [row] = await database.query(`SELECT id FROM ${table} WHERE origin = $1 AND created_ms >= $2 ORDER BY id DESC LIMIT 1`, [origin, Math.ceil(sinceMs)]);
      return row && integerOf(row, "id");
    },
  };
}

export async function insertCollectorRow(query: Query, record: CollectorRecord, origin?: string): Promise<void> {
  await query(
    "INSERT INTO collectors (id, revision, name, properties, created_ms, changed_ms, stopping, origin) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    [...collectorValues(record), origin ?? null],
  );
}

/** False, and nothing is changed, when the stored revision is not the expected one. */
export async function replaceCollectorRow(query: Query, record: CollectorRecord, expectedRevision: number): Promise<boolean> {
  const rows = await query(
    `UPDATE collectors SET revision = $2, name = $3, properties = $4, created_ms = $5, changed_ms = $6, stopping = $7
     WHERE id = $1 AND revision = $8 RETURNING id`,
    [...collectorValues(record), expectedRevision],
  );
  return rows.length === 1;
}

function keys(database: Database): Pick<Administration, "keys" | "saveKey" | "deleteKey"> {
  return {
    async keys() {
      return (await database.query("SELECT * FROM access_keys ORDER BY created_ms, id")).map(toKey);
    },
    async saveKey({ id, hash, createdMs, name, role, expiresMs, revokedMs }) {
      await database.query(
        `INSERT INTO access_keys (id, hash, created_ms, name, role, expires_ms, revoked_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, created_ms = excluded.created_ms, name = excluded.name, role = excluded.role,
           expires_ms = excluded.expires_ms, revoked_ms = excluded.revoked_ms`,
        [id, hash, createdMs, name, role, expiresMs ?? null, revokedMs ?? null],
      );
    },
    async deleteKey(id) {
      await database.query("DELETE FROM access_keys WHERE id = $1", [id]);
    },
  };
}

function audit(database: Database): Pick<Administration, "appendAudit" | "audit"> {
  return {
    async appendAudit({ atMs, actor, address, action, target, from, to }: AuditRecord) {
      await database.transaction(async (query) => {
        await query("INSERT INTO audit (at_ms, actor, address, action, target, before_json, after_json) VALUES ($1, $2, $3, $4, $5, $6, $7)", [
          Math.floor(atMs),
          asJson(actor),
          address,
          action,
          asJson(target),
          side(from),
          side(to),
        ]);
        await query("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - $1", [AUDIT_MAX]);
      });
    },
    async audit({ limit, before }) {
      const count = Math.min(Math.max(Math.floor(limit), 0), AUDIT_MAX);
      const rows = before === undefined
        ? await database.query("SELECT * FROM audit ORDER BY id DESC LIMIT $1", [count])
        : await database.query("SELECT * FROM audit WHERE id < $2 ORDER BY id DESC LIMIT $1", [count, before]);
      return rows.map(toAudit);
    },
  };
}

/** A side that is too long is replaced by its length: the log stays bounded, whatever is written. */
function side(value: unknown): string | null {
  const text = asJson(value);
  return text !== null && text.length > SIDE_LENGTH_MAX ? asJson({ tooLong: text.length }) : text;
}

function collectorValues({ id, revision, name, description, category, timeZone, fields, createdMs, changedMs, stopping }: CollectorRecord) {
  return [id, revision, name, asJson({ description, category, timeZone, fields }), createdMs, changedMs, stopping ? 1 : 0];
}

function toCollector(row: Row): CollectorRecord {
  return {
    id: integerOf(row, "id"),
    revision: integerOf(row, "revision"),
    name: textOf(row, "name"),
    ...(jsonOf(row, "properties") as Properties),
    createdMs: integerOf(row, "created_ms"),
    changedMs: integerOf(row, "changed_ms"),
    stopping: integerOf(row, "stopping") === 1,
  };
}

function toKey(row: Row): KeyRecord {
  return {
    id: textOf(row, "id"),
    hash: textOf(row, "hash"),
    name: textOf(row, "name"),
    role: textOf(row, "role") as Role,
    createdMs: integerOf(row, "created_ms"),
    ...(row["expires_ms"] === null ? {} : { expiresMs: integerOf(row, "expires_ms") }),
    ...(row["revoked_ms"] === null ? {} : { revokedMs: integerOf(row, "revoked_ms") }),
  };
}

function toAudit(row: Row): AuditEntry {
  const [from, to] = [jsonOf(row, "before_json"), jsonOf(row, "after_json")];
  return {
    number: integerOf(row, "id"),
    atMs: integerOf(row, "at_ms"),
    actor: jsonOf(row, "actor") as Actor,
    address: textOf(row, "address"),
    action: textOf(row, "action"),
    target: jsonOf(row, "target") as AuditRecord["target"],
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}
