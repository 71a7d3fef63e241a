/** The shared store: PostgreSQL 15 or newer through `pg`. */
import { Client, Pool, types, type ClientConfig, type PoolClient, type PoolConfig, type QueryResult } from "pg";
import { Fault } from "../core/fault.js";
import type { ColumnTypes, Database, Query, Row, Value } from "./database.js";
import { openSqlStore, type StorePorts, type WholeStore } from "./sql-store.js";

export interface PostgresConnection {
  /** postgres://user@host:port/database?sslmode=verify-full; the fields below fill what it leaves open. */
  readonly connectionString?: string;
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly database?: string;
  readonly ssl?: ClientConfig["ssl"];
  /**
   * Called for each new connection: a token that expires, or a password that is rotated. Goes before the one of the
   * connection string, of which only address, user, database and TLS are used then.
   */
  readonly password?: () => Promise<string>;
}
export interface PostgresStoreOptions extends StorePorts {
  readonly connection: PostgresConnection;
}

const CONNECTIONS_MAX = 5;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** Longer than the server's own, which ends the statement too: only for a server that does not answer at all. */
const ANSWER_TIMEOUT_MS = 40_000;
const MIGRATION_TIMEOUT_MS = 300_000;
/** Any constant; the same in all versions. */
const MIGRATION_LOCK = 7_302_031_505;

const TYPES: ColumnTypes = { integer: "BIGINT", bytes: "BYTEA", serial: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", tableOptions: "" };

/** Opens or makes the store. Throws Fault store-refused (newer version), key-wrong, store-full, store-failed (no connection, no right). */
export async function openPostgresStore({ connection, ...ports }: PostgresStoreOptions): Promise<WholeStore> {
  return await openSqlStore(openPostgresDatabase(connection), ports);
}

/** The database alone: for the store, and for tests that look behind it. Connects at the first statement. */
export function openPostgresDatabase(connection: PostgresConnection): Database {
  const pool = new Pool(poolConfig(connection));
  pool.on("error", () => undefined); // an idle connection was lost: the pool replaces it
  pool.on("connect", (client) => client.on("error", () => undefined)); // one in use: its statement tells
  const { during, close } = lifetime(() => pool.end());
  const query: Query = (sql, params) => during(() => run(pool, sql, params));
  const transaction = <T>(work: (query: Query) => Promise<T>): Promise<T> => during(async () => {
    const client = await connect(pool);
    return await inTransaction(client, () => work((sql, params) => run(client, sql, params)));
  });
  return {
    types: TYPES,
    query,
    transaction,
    alone: (work) => transaction(async (inside) => {
      await inside(`SET LOCAL statement_timeout = ${MIGRATION_TIMEOUT_MS}`);
      await inside("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
      return await work(inside);
    }),
    close,
  };
}

/** Refuses work after close; ends the pool when the work before it is done (pg-pool strands what still waits for a connection). */
function lifetime(end: () => Promise<void>): { during<T>(work: () => Promise<T>): Promise<T>; close(): Promise<void> } {
  const running = new Set<Promise<unknown>>();
  let closed: Promise<void> | undefined;
  return {
    async during(work) {
      if (closed) throw new Fault("store-failed", { detail: "the store is closed" });
      const task = work();
      running.add(task);
      return await task.finally(() => running.delete(task));
    },
    close: () => (closed ??= Promise.allSettled(running).then(end)),
  };
}

async function run(client: Pool | PoolClient, sql: string, params: readonly Value[] = []): Promise<Row[]> {
  try {
    return toRows(await client.query<Record<string, Value>>(sql, [...params]));
  } catch (error) {
    throw postgresFault(error);
  }
}

/** What `pg` is told of a connection; a single Client leaves aside what only a pool needs. */
export function poolConfig({ connectionString, password, ...fields }: PostgresConnection): PoolConfig {
  return {
    ...fields,
    ...addressOf(connectionString, password),
    ...(password && { password }),
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    application_name: "message-trace-collector",
    types: { getTypeParser: typeParser as typeof types.getTypeParser },
    // an operator may have switched durable commits off for the server or the role; this store promises them
    onConnect: (client) => client.query("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'") as unknown as void,
  };
}

/** pg lets a connection string overrule the password option, even by having none: with a password function the string is taken apart. */
function addressOf(connectionString: string | undefined, password: (() => Promise<string>) | undefined): ClientConfig {
  if (connectionString === undefined) return {};
  const { host, port, user, database, ssl } = parsed(connectionString);
  if (!password) return { connectionString };
  return { host, port, ssl, ...(user !== undefined && { user }), ...(database !== undefined && { database }) };
}

function parsed(connectionString: string): Client {
  try {
    return new Client({ connectionString });
  } catch (error) {
    throw new Fault("store-refused", { detail: `the PostgreSQL connection string cannot be used (${said(error)}); it looks like postgres://user@host:5432/database` });
  }
}

/** bigint as number: all of ours are safe integers. Everything else as pg has it. */
function typeParser(oid: number, format?: "text" | "binary"): unknown {
  if (oid === types.builtins.INT8) return Number;
  return format === "binary" ? types.getTypeParser(oid, "binary") : types.getTypeParser(oid, "text");
}

function toRows(result: QueryResult<Record<string, Value>>): Row[] {
  for (const row of result.rows) {
    for (const column in row) {
      const value = row[column];
      if (value instanceof Uint8Array) row[column] = new Uint8Array(value.buffer, value.byteOffset, value.length); // a Buffer so far
    }
  }
  return result.rows;
}

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw postgresFault(error);
  }
}

async function inTransaction<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
  let broken: Error | undefined;
  try {
    await client.query("BEGIN");
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch((failed: unknown) => {
      broken = failed instanceof Error ? failed : new Error(String(failed));
    });
    throw postgresFault(error);
  } finally {
    client.release(broken);
  }
}

/** What pg threw, as a Fault: no room on the server's disk is store-full, everything else store-failed. */
export function postgresFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const detail = `PostgreSQL: ${said(error)}${code === "" ? "" : ` (${code})`}`;
  // 53100 disk_full: https://www.postgresql.org/docs/15/errcodes-appendix.html
  return new Fault(code === "53100" ? "store-full" : "store-failed", { detail, cause: error });
}

/** An AggregateError of several addresses that all failed has no message of its own. */
function said(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(said).join("; ");
  return error instanceof Error ? error.message : String(error);
}
