/** The Store port over any Database: all statements are common, the adapters carry only what differs. */
import { randomBytes as systemRandomBytes } from "node:crypto";
import type { Administration } from "../core/administration.js";
import type { Clock, ConfigStore, Store } from "../ports.js";
import { administration } from "./administration.js";
import { textOf, type Database } from "./database.js";
import { definitions, type Originated } from "./definitions.js";
import { changes } from "./documents.js";
import { migrate } from "./migrate.js";
import { MIGRATIONS } from "./migrations/index.js";
import { progress } from "./progress.js";
import { events, grants, records } from "./records.js";
import type { Place, RandomBytes, Sealer } from "./sealer.js";

/** Everything that is kept: what workers need, and what administration needs. */
export type WholeStore = Store & Administration & Originated & ConfigStore;

/** What a store needs beside its database. */
export interface StorePorts {
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** For the salt of fingerprints; node:crypto's by default, the simulator's for runs that repeat. */
  readonly randomBytes?: RandomBytes;
}

const KEY_PLACE: Place = ["meta", "key-check", "value"];
const SALT_BYTES = 8;

/**
 * The store in this database, migrated, its encryption key checked.
 * Throws Fault store-refused (newer version), key-wrong, store-full, store-failed; the database is closed then.
 */
export async function openSqlStore(database: Database, ports: StorePorts): Promise<WholeStore> {
  const { sealer, clock, randomBytes = systemRandomBytes } = ports;
  try {
    await migrate(database, MIGRATIONS, clock);
    await checkKey(database, sealer);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    ...definitions(database, sealer),
    ...progress(database),
    ...grants(database, sealer, clock),
    ...records(database),
    ...events(database),
    ...administration(database),
    ...changes(database, sealer),
    fingerprintSalt: () => madeOnce(database, "fingerprint-salt", () => Buffer.from(randomBytes(SALT_BYTES)).toString("hex")),
    async check() {
      await database.transaction(async (query) => {
        await query("INSERT INTO counters (name, value) VALUES ('checked', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value", [Math.floor(clock.nowMs())]);
        await query("SELECT count(*) AS count FROM sources");
      });
    },
    close: () => database.close(),
  };
}

/** A known word sealed with the first key tells a wrong key at the start, and not at the first secret. */
async function checkKey(database: Database, sealer: Sealer): Promise<void> {
  sealer.open(KEY_PLACE, await madeOnce(database, "key-check", () => sealer.seal(KEY_PLACE, "message-trace-collector")));
}

/** The value of that name; made by the first who asks, whoever else asks at the same time gets the same. */
async function madeOnce(database: Database, name: string, make: () => string): Promise<string> {
  const read = "SELECT value FROM meta WHERE name = $1";
  const [kept] = await database.query(read, [name]);
  if (kept) return textOf(kept, "value");
  await database.query("INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", [name, make()]);
  const [row] = await database.query(read, [name]);
  return textOf(row ?? {}, "value");
}
