/** What the contract suite needs to hold a store against its promises. */
import type { Clock, Secret, SourceRecord } from "../../service/ports.js";
import type { Query } from "../../service/store/database.js";
import type { WholeStore } from "../../service/store/sql-store.js";
import { createSealer, type Sealer } from "../../service/store/sealer.js";
import { Fault, type FaultCode } from "../../service/core/fault.js";

export interface OpenedStore {
  readonly store: WholeStore;
  /** The same database without the store: to see what is kept, and to spoil it. */
  readonly raw: Query;
  /** Closes the store. */
  close(): Promise<void>;
}
export interface StorePlace {
  open(sealer: Sealer): Promise<OpenedStore>;
  dispose(): Promise<void>;
}
/** A new, empty place for a store. */
export type MakePlace = () => Promise<StorePlace>;

export const SEALER: Sealer = createSealer(new Uint8Array(32).fill(7));
export const OTHER_SEALER: Sealer = createSealer(new Uint8Array(32).fill(8));

export const CLOCK: Clock = {
  nowMs: () => 1_790_000_000_000,
  sleep: () => Promise.reject(new Error("a store does not sleep")),
};

export const SECRETS: Readonly<Record<string, Secret>> = {
  "/config/client_secret": "v~3ry-Secret-Value-of-the-App",
  "/config/authorization_code": { secretRef: "env:AUTH_CODE_HERE" },
};

export function record(id: number, changes: Partial<SourceRecord> = {}): SourceRecord {
  return {
    id,
    collectorId: 100_000_000,
    revision: 1,
    schemaRef: { type: "MS Exchange Trace Logs", version: "1.0" },
    config: { name: "Nürnberg 😀 \u0000 \ud800", fields: { _siemForward: true }, polling_interval: 300, nested: [null, 1.5] },
    secrets: SECRETS,
    createdMs: 1_789_999_999_999,
    changedMs: 1_790_000_000_123,
    paused: false,
    stopping: true,
    ...changes,
  };
}

/** For assert.rejects: the fault of that code, its message fitting. */
export function fault(code: FaultCode, message: RegExp = /(?:)/): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof Fault)) throw error;
    if (error.code !== code || !message.test(error.message)) throw new Error(`expected ${code} ${message}, got ${error.code}: ${error.message}`, { cause: error });
    return true;
  };
}

/** Every value of every table, as one text: bytes in hex. */
export async function everythingKept(raw: Query): Promise<string> {
  const tables = ["meta", "counters", "sources", "progress", "buckets", "partial_takes", "grants", "codes", "budgets", "access_keys", "events", "collectors", "audit"];
  const kept: string[] = [];
  for (const table of tables) {
    for (const row of await raw(`SELECT * FROM ${table}`)) {
      for (const value of Object.values(row)) kept.push(value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value));
    }
  }
  return kept.join("\n");
}
