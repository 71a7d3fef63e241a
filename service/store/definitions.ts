/** Definitions in the database: one row each, their secrets sealed in one piece. */
import type { Secret, SourceRecord, Store } from "../ports.js";
import { Fault } from "../core/fault.js";
import { asJson, integerOf, jsonOf, textOf, type Database, type Query, type Row, type Value } from "./database.js";
import type { Place, Sealer } from "./sealer.js";

/** Nine digits, as the hosted collectors have them. */
const ID_FIRST = 100_000_001;
const ID_LAST = 999_999_999;

type Definitions = Pick<Store, "nextId" | "sources" | "replaceSource" | "deleteSource"> & Originated;

/** Notes in the transaction of the insertion which request made the source: `origin` is its digest. */
export interface Originated {
  insertSource(record: SourceRecord, origin?: string): Promise<void>;
}

export function definitions(database: Database, sealer: Sealer): Definitions {
  return {
    async nextId() {
      const [row] = await database.query(
        `INSERT INTO counters (name, value) VALUES ('id', $1)
         ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 WHERE counters.value < $2 RETURNING value`,
        [ID_FIRST, ID_LAST],
      );
      if (!row) throw new Fault("store-failed", { detail: "all nine-digit ids are used up" });
      return integerOf(row, "value");
    },
    async sources() {
      const rows = await database.query("SELECT * FROM sources ORDER BY id");
      return rows.map((row) => toRecord(row, sealer));
    },
    insertSource: (record, origin) => database.transaction((query) => insertSourceRow(query, record, sealer, origin)),
    replaceSource: (record, expectedRevision) => replaceSourceRow(database.query, record, expectedRevision, sealer),
    async deleteSource(id) {
      await database.transaction(async (query) => {
        // progress first: commit() locks it first too, so that the two never wait for each other in a circle
        await query("DELETE FROM progress WHERE source_id = $1", [id]);
        await query("DELETE FROM buckets WHERE source_id = $1", [id]);
        await query("DELETE FROM partial_takes WHERE source_id = $1", [id]);
        await query("DELETE FROM sources WHERE id = $1", [id]);
      });
    },
  };
}

/** Writes a new definition and its empty progress; `query` must be of a transaction. */
export async function insertSourceRow(query: Query, record: SourceRecord, sealer: Sealer, origin?: string): Promise<void> {
  await query(
    `INSERT INTO sources (id, collector_id, revision, schema_ref, config, secrets, created_ms, changed_ms, paused, stopping, origin)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [...toValues(record, sealer), origin ?? null],
  );
  await query("INSERT INTO progress (source_id, revision) VALUES ($1, 0)", [record.id]);
}

/** False, and nothing is changed, when the stored revision is not the expected one. */
export async function replaceSourceRow(query: Query, record: SourceRecord, expectedRevision: number, sealer: Sealer): Promise<boolean> {
  const rows = await query(
    `UPDATE sources SET collector_id = $2, revision = $3, schema_ref = $4, config = $5, secrets = $6,
       created_ms = $7, changed_ms = $8, paused = $9, stopping = $10
     WHERE id = $1 AND revision = $11 RETURNING id`,
    [...toValues(record, sealer), expectedRevision],
  );
  return rows.length === 1;
}

function toValues(record: SourceRecord, sealer: Sealer): Value[] {
  return [
    record.id,
    record.collectorId,
    record.revision,
    asJson(record.schemaRef),
    asJson(record.config),
    sealer.seal(placeOfSecrets(record.id), JSON.stringify(record.secrets)),
    record.createdMs,
    record.changedMs,
    record.paused ? 1 : 0,
    record.stopping ? 1 : 0,
  ];
}

function toRecord(row: Row, sealer: Sealer): SourceRecord {
  const id = integerOf(row, "id");
  return {
    id,
    collectorId: integerOf(row, "collector_id"),
    revision: integerOf(row, "revision"),
    schemaRef: jsonOf(row, "schema_ref") as SourceRecord["schemaRef"],
    config: jsonOf(row, "config") as SourceRecord["config"],
    secrets: JSON.parse(sealer.open(placeOfSecrets(id), textOf(row, "secrets"))) as Record<string, Secret>,
    createdMs: integerOf(row, "created_ms"),
    changedMs: integerOf(row, "changed_ms"),
    paused: integerOf(row, "paused") === 1,
    stopping: integerOf(row, "stopping") === 1,
  };
}

function placeOfSecrets(id: number): Place {
  return ["sources", id, "secrets"];
}
