/** The small records: grants, codes, budgets, access keys, events. */
import type { Clock, EventRecord, Grant, RequestRecord, Store } from "../ports.js";
import { asJson, integerOf, jsonOf, textOf, type Database, type Row } from "./database.js";
import type { Place, Sealer } from "./sealer.js";

/** Events beyond these are forgotten, oldest first. */
export const EVENTS_MAX = 20_000;

type Grants = Pick<Store, "grant" | "saveGrant" | "claimCode" | "releaseCode">;
type Records = Pick<Store, "requests" | "saveRequests" | "accessKeys" | "saveAccessKey">;
type Events = Pick<Store, "appendEvent" | "events">;

export function grants(database: Database, sealer: Sealer, clock: Clock): Grants {
  const placeOf = (key: string): Place => ["grants", key, "grant"];
  return {
    async grant(key) {
      const [row] = await database.query("SELECT sealed FROM grants WHERE name = $1", [key]);
      return row && (JSON.parse(sealer.open(placeOf(key), textOf(row, "sealed"))) as Grant);
    },
    async saveGrant(key, grant) {
      await database.query(
        `INSERT INTO grants (name, sealed, changed_ms) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, changed_ms = excluded.changed_ms`,
        [key, sealer.seal(placeOf(key), JSON.stringify(grant)), Math.floor(clock.nowMs())],
      );
    },
    async claimCode(codeHash) {
      const rows = await database.query("INSERT INTO codes (hash, claimed_ms) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING RETURNING hash", [
        codeHash,
        Math.floor(clock.nowMs()),
      ]);
      return rows.length === 1;
    },
    async releaseCode(codeHash) {
      await database.query("DELETE FROM codes WHERE hash = $1", [codeHash]);
    },
  };
}

export function records(database: Database): Records {
  return {
    async requests(budgetKey) {
      const [row] = await database.query("SELECT record FROM budgets WHERE name = $1", [budgetKey]);
      return row ? (jsonOf(row, "record") as RequestRecord) : { timesMs: [], pausedUntilMs: 0 };
    },
    async saveRequests(budgetKey, { timesMs, pausedUntilMs }) {
      await database.query("INSERT INTO budgets (name, record) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET record = excluded.record", [
        budgetKey,
        asJson({ timesMs, pausedUntilMs }),
      ]);
    },
    async accessKeys() {
      const rows = await database.query("SELECT id, hash, created_ms FROM access_keys ORDER BY created_ms, id");
      return rows.map((row) => ({ id: textOf(row, "id"), hash: textOf(row, "hash"), createdMs: integerOf(row, "created_ms") }));
    },
    async saveAccessKey({ id, hash, createdMs }) {
      await database.query(
        `INSERT INTO access_keys (id, hash, created_ms) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, created_ms = excluded.created_ms`,
        [id, hash, createdMs],
      );
    },
  };
}

export function events(database: Database): Events {
  return {
    async appendEvent({ atMs, sourceId, kind, detail }) {
      await database.transaction(async (query) => {
        await query("INSERT INTO events (at_ms, source_id, kind, detail) VALUES ($1, $2, $3, $4)", [
          Math.floor(atMs),
          sourceId ?? null,
          kind,
          asJson(detail),
        ]);
        await query("DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - $1", [EVENTS_MAX]);
      });
    },
    async events({ sourceId, limit }) {
      const count = Math.min(Math.max(Math.floor(limit), 0), EVENTS_MAX);
      const columns = "SELECT at_ms, source_id, kind, detail FROM events";
      const rows = sourceId === undefined
        ? await database.query(`${columns} ORDER BY id DESC LIMIT $1`, [count])
        : await database.query(`${columns} WHERE source_id = $2 ORDER BY id DESC LIMIT $1`, [count, sourceId]);
      return rows.map(toEvent);
    },
  };
}

function toEvent(row: Row): EventRecord {
  const event = { atMs: integerOf(row, "at_ms"), kind: textOf(row, "kind"), detail: jsonOf(row, "detail") };
  return row["source_id"] === null ? event : { ...event, sourceId: integerOf(row, "source_id") };
}
