/**
 * The embedded store: one SQLite file through libsql.
 *
 * libsql 0.5 has edges that this file keeps to itself: it binds numbers, strings, bytes and null and aborts the whole process on
 * anything else; get() after all() on one statement runs with the old parameters, so only all() is used; a closed connection
 * goes on answering through its prepared statements, and keeps its memory until they are collected
 * (https://github.com/tursodatabase/libsql-js/issues/228), so calls after close are refused here and memory connections are kept for the next.
 */
import { closeSync, existsSync, openSync } from "node:fs";
import Libsql from "libsql";
import { Fault } from "../core/fault.js";
import type { ColumnTypes, Database, Query, Row, Value } from "./database.js";
import { openSqlStore, type StorePorts, type WholeStore } from "./sql-store.js";
import { sqliteFault, sqliteOpenFault } from "./sqlite-fault.js";

export interface SqliteStoreOptions extends StorePorts {
  /** The file, or ":memory:" for a store that ends with its process. */
  readonly path: string;
}

interface Statement {
  all(params: readonly Value[]): unknown[];
}
interface Connection {
  readonly handle: InstanceType<typeof Libsql>;
  /** By SQL text: the statements of the store are few and constant. */
  readonly statements: Map<string, Statement>;
}

const MEMORY = ":memory:";
const MEMORY_CONNECTIONS_KEPT = 8;
/** Somebody else at work on the file can only be a backup. */
const BUSY_TIMEOUT_MS = 5000;
const JOURNAL_KEPT_BYTES = 64 * 1024 * 1024;

const TYPES: ColumnTypes = { integer: "INTEGER", bytes: "BLOB", serial: "INTEGER PRIMARY KEY", tableOptions: " STRICT" };

/** Opens or makes the store. Throws Fault store-refused, key-wrong, store-full, store-failed. */
export async function openSqliteStore({ path, ...ports }: SqliteStoreOptions): Promise<WholeStore> {
  return await openSqlStore(openSqliteDatabase(path), ports);
}

/** The database alone: for the store, and for tests that look behind it. */
export function openSqliteDatabase(path: string): Database {
  const connection = path === MEMORY ? openMemory() : openFile(path);
  const inTurn = queue();
  let open = true;
  const query: Query = async (sql, params) => run(connection, sql, params);

  async function transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return await inTurn(async () => {
      refuseWhenClosed(open);
      return await inTransaction(connection, () => work(query));
    });
  }
  return {
    types: TYPES,
    query: async (sql, params) => await inTurn(async () => {
      refuseWhenClosed(open);
      return run(connection, sql, params);
    }),
    transaction,
    // one process holds the file, and BEGIN IMMEDIATE keeps out any other
    alone: transaction,
    close: async () => await inTurn(async () => {
      if (!open) return;
      open = false;
      if (path === MEMORY) keepMemory(connection);
      else closeFile(connection);
    }),
  };
}

async function inTransaction<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  const { handle } = connection;
  try {
    if (handle.inTransaction) handle.exec("ROLLBACK"); // one whose own rollback failed
    handle.exec("BEGIN IMMEDIATE");
    const result = await work();
    handle.exec("COMMIT");
    return result;
  } catch (error) {
    rollBack(connection);
    throw sqliteFault(error);
  }
}

function rollBack({ handle }: Connection): void {
  try {
    if (handle.inTransaction) handle.exec("ROLLBACK");
  } catch {
    // the first error is the one to tell; the next transaction tries the rollback again
  }
}

function run(connection: Connection, sql: string, params: readonly Value[] = []): Row[] {
  try {
    for (const value of params) refuseUnbindable(value);
    return execute(connection, sql, params);
  } catch (error) {
    throw sqliteFault(error);
  }
}

/** Throws what libsql throws. */
function execute({ handle, statements }: Connection, sql: string, params: readonly Value[] = []): Row[] {
  let statement = statements.get(sql);
  if (!statement) {
    statement = handle.prepare(sql.replace(/\$(\d+)/g, "?$1")) as Statement;
    statements.set(sql, statement);
  }
  return (statement.all(params) as Record<string, Value | ArrayBuffer>[]).map(toRow);
}

function toRow(row: Record<string, Value | ArrayBuffer>): Row {
  for (const column in row) {
    const value = row[column];
    if (value instanceof ArrayBuffer) row[column] = new Uint8Array(value);
  }
  return row as Row;
}

function refuseUnbindable(value: unknown): void {
  if (value === null || typeof value === "string" || Number.isFinite(value) || value instanceof Uint8Array) return;
  throw new Fault("defect", { detail: `the store cannot keep ${typeof value === "number" ? value : typeof value} in a column` });
}

function refuseWhenClosed(open: boolean): void {
  if (!open) throw new Fault("store-failed", { detail: "the store is closed" });
}

/** One after the other: a transaction of several statements is not to be mixed with others on the one connection. */
function queue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}

function openFile(path: string): Connection {
  try {
    makePrivate(path);
    const connection = { handle: new Libsql(path), statements: new Map<string, Statement>() };
    const { handle } = connection;
    handle.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    const [mode] = execute(connection, "PRAGMA journal_mode = WAL");
    if (mode?.["journal_mode"] !== "wal") throw new Fault("store-refused", { detail: `${path}: its file system cannot hold a write-ahead log. Use a local disk` });
    // FULL: a commit is on the disk when it returns. temp_store: nothing is written outside the data folder
    handle.exec(`PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = ${JOURNAL_KEPT_BYTES}`);
    return connection;
  } catch (error) {
    throw sqliteOpenFault(path, error);
  }
}

/** SQLite gives its journals the mode of the file. One that is there is not touched: closing it would drop this process's locks on it (fcntl). */
function makePrivate(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, "ax", 0o600));
}

function closeFile({ handle, statements }: Connection): void {
  try {
    handle.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // the log stays beside the file and is read at the next start
  }
  statements.clear();
  handle.close();
}

const keptMemory: Connection[] = [];

function openMemory(): Connection {
  return keptMemory.pop() ?? { handle: new Libsql(MEMORY), statements: new Map() };
}

/** Keeps the connection with its tables, emptied, for the next store in memory: ten times cheaper than to make one. */
function keepMemory(connection: Connection): void {
  const { handle } = connection;
  if (keptMemory.length >= MEMORY_CONNECTIONS_KEPT) {
    handle.close();
    return;
  }
  rollBack(connection);
  const tables = run(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'migrations'");
  handle.exec(`BEGIN; ${tables.map((table) => `DELETE FROM "${String(table["name"])}";`).join(" ")} COMMIT`);
  keptMemory.push(connection);
}
