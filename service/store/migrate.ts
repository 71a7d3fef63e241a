/** Brings a database to this version's tables. Safe when several replicas start at once. */
import type { Clock } from "../ports.js";
import { Fault } from "../core/fault.js";
import { integerOf, textOf, type ColumnTypes, type Database, type Query } from "./database.js";

export interface Migration {
  /** 1, 2, 3, ... without holes. */
  readonly number: number;
  readonly name: string;
  /** Changes tables and what is in them; puts no rows into empty ones (a store in memory is emptied and used again). */
  statements(types: ColumnTypes): readonly string[];
}

/**
 * Runs what is missing, in one transaction under a lock: either all of it is there afterwards or nothing.
 * Throws Fault store-refused when a newer version wrote the store, store-full, store-failed.
 */
export async function migrate(database: Database, migrations: readonly Migration[], clock: Clock): Promise<void> {
  await database.alone(async (query) => {
    const { integer, tableOptions } = database.types;
    await query(`CREATE TABLE IF NOT EXISTS migrations (number ${integer} PRIMARY KEY, name TEXT NOT NULL, applied_ms ${integer} NOT NULL)${tableOptions}`);
    const applied = await lastApplied(query);
    const known = migrations.at(-1)?.number ?? 0;
    if (applied.number > known) throw newerStore(applied, known);
    for (const migration of migrations) {
      if (migration.number <= applied.number) continue;
      for (const statement of migration.statements(database.types)) await query(statement);
      await query("INSERT INTO migrations (number, name, applied_ms) VALUES ($1, $2, $3)", [migration.number, migration.name, Math.floor(clock.nowMs())]);
    }
  });
}

async function lastApplied(query: Query): Promise<{ number: number; name: string }> {
  const [row] = await query("SELECT number, name FROM migrations ORDER BY number DESC LIMIT 1");
  return row ? { number: integerOf(row, "number"), name: textOf(row, "name") } : { number: 0, name: "" };
}

function newerStore(applied: { number: number; name: string }, known: number): Fault {
  return new Fault("store-refused", {
    detail: `a newer version of the collector wrote this store (migration ${applied.number} "${applied.name}", this version knows up to ${known}). `
      + "Start that version or a later one, or restore a backup made before the upgrade",
  });
}
