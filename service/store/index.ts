/** Opens the store that the settings name, and loads the driver of that one alone: a process has one store, and a start is short. */
import type { Clock } from "../ports.js";
import type { PostgresConnection } from "./postgres.js";
import { createSealer, givenKey, type RandomBytes } from "./sealer.js";
import type { WholeStore } from "./sql-store.js";

export type StoreSettings =
  | {
      readonly kind: "embedded";
      /** COLLECTOR_DATA_DIR */
      readonly folder: string;
      /** COLLECTOR_ENCRYPTION_KEY, base64 of 32 bytes; by default the folder's key file. */
      readonly encryptionKey?: string;
    }
  | {
      readonly kind: "shared";
      readonly postgres: PostgresConnection;
      /** Shared by all replicas: there is no folder to keep one. */
      readonly encryptionKey: string;
    };

export interface StoreMachine {
  readonly clock: Clock;
  readonly randomBytes?: RandomBytes;
}

/**
 * The store, migrated and held: for the embedded one the data folder is held until close().
 * Throws Fault store-refused, key-wrong (both: a sentence for the operator, exit 78), store-full, store-failed.
 */
export async function openStore(settings: StoreSettings, machine: StoreMachine): Promise<WholeStore> {
  return settings.kind === "shared" ? await openShared(settings, machine) : await openEmbedded(settings, machine);
}

async function openShared({ postgres, encryptionKey }: Extract<StoreSettings, { kind: "shared" }>, machine: StoreMachine): Promise<WholeStore> {
  const { openPostgresStore } = await import("./postgres.js");
  return await openPostgresStore({ ...machine, connection: postgres, sealer: createSealer(givenKey(encryptionKey), machine.randomBytes) });
}

async function openEmbedded({ folder, encryptionKey }: Extract<StoreSettings, { kind: "embedded" }>, machine: StoreMachine): Promise<WholeStore> {
  const [{ openDataFolder }, { openSqliteStore }] = await Promise.all([import("./data-folder.js"), import("./sqlite.js")]);
  const held = await openDataFolder({ ...machine, path: folder, ...(encryptionKey === undefined ? {} : { encryptionKey }) });
  try {
    const store = await openSqliteStore({ ...machine, path: held.databasePath, sealer: createSealer(held.key, machine.randomBytes) });
    return { ...store, close: async () => await store.close().finally(() => held.release()) };
  } catch (error) {
    held.release();
    throw error;
  }
}
