/** Documents by name, and changes of several definitions and collectors in one transaction. */
import type { ConfigChangeSet, ConfigStore } from "../ports.js";
import { insertCollectorRow, replaceCollectorRow } from "./administration.js";
import { asJson, jsonOf, type Database } from "./database.js";
import { insertSourceRow, replaceSourceRow } from "./definitions.js";
import type { Sealer } from "./sealer.js";

/** Ends a transaction that must not be committed, without being a failure. */
class Stale extends Error {}

export function changes(database: Database, sealer: Sealer): ConfigStore {
  return {
    async document(name) {
      const [row] = await database.query("SELECT value FROM documents WHERE name = $1", [name]);
      return row && jsonOf(row, "value");
    },
    async changeTogether({ inserted, replaced, documents, collectors }: ConfigChangeSet) {
      try {
        await database.transaction(async (query) => {
          for (const { record, expectedRevision } of collectors?.replaced ?? []) {
            if (!(await replaceCollectorRow(query, record, expectedRevision))) throw new Stale();
          }
          for (const record of collectors?.inserted ?? []) await insertCollectorRow(query, record);
          for (const record of inserted) await insertSourceRow(query, record, sealer);
          for (const { record, expectedRevision } of replaced) {
            if (!(await replaceSourceRow(query, record, expectedRevision, sealer))) throw new Stale();
          }
          for (const [name, value] of Object.entries(documents)) {
            await query("INSERT INTO documents (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", [name, asJson(value)]);
          }
        });
        return true;
      } catch (thrown) {
        // The adapters make a fault of whatever ends a transaction.
        if (thrown instanceof Error && (thrown instanceof Stale || thrown.cause instanceof Stale)) return false;
        throw thrown;
      }
    },
  };
}
