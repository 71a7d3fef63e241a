/** Opens the store that the settings name. */
import type { Clock } from "../ports.js";
import { openDataFolder, givenKey } from "./data-folder.js";
import { openPostgresStore, type PostgresConnection } from "./postgres.js";
import { createSealer, type RandomBytes } from "./sealer.js";
import type { WholeStore } from "./sql-store.js";
import { openSqliteStore } from "./sqlite.js";

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
  if (settings.kind === "shared") {
    return await openPostgresStore({ ...machine, connection: settings.postgres, sealer: createSealer(givenKey(settings.encryptionKey), machine.randomBytes) });
  }
  const { folder, encryptionKey } = settings;
  const held = await openDataFolder({ ...machine, path: folder, ...(encryptionKey === undefined ? {} : { encryptionKey }) });
  try {
    const store = await openSqliteStore({ ...machine, path: held.databasePath, sealer: createSealer(held.key, machine.randomBytes) });
    return { ...store, close: async () => await store.close().finally(() => held.release()) };
  } catch (error) {
    held.release();
    throw error;
  }
}
