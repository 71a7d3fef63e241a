/**
 * The database as the store sees it: one function and transactions. SQLite and PostgreSQL are adapters of this;
 * all statements are written once, with $1, $2, ... for parameters, with the few type names below.
 */
import { Fault } from "../core/fault.js";

export type Value = null | number | string | Uint8Array;
export type Row = Readonly<Record<string, Value>>;

/** Runs one statement; rows of a SELECT or of RETURNING, otherwise none. Throws Fault store-full, store-failed. */
export type Query = (sql: string, params?: readonly Value[]) => Promise<readonly Row[]>;

/** What the two dialects name differently in a CREATE TABLE. */
export interface ColumnTypes {
  /** 64-bit; milliseconds and counters, always within the safe integers of JavaScript. */
  readonly integer: string;
  readonly bytes: string;
  /** A primary key that numbers rows in the order of their insertion. */
  readonly serial: string;
  /** After the closing parenthesis. */
  readonly tableOptions: string;
}

export interface Database {
  readonly types: ColumnTypes;
  /** One statement is one transaction. */
  readonly query: Query;
  /** All of `work` or nothing of it; durable when it resolves. `work` must use the query it is given. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** A transaction that no other opener of the same database runs at the same time: for migrations. */
  alone<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** Waits for what is running. May be called again. */
  close(): Promise<void>;
}

/** The column as text. Throws Fault store-failed when the database holds something else. */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === "string") return value;
  throw unexpected(column, "text", value);
}

/** The column as a whole number. Throws Fault store-failed when the database holds something else. */
export function integerOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === "number") return value;
  throw unexpected(column, "a number", value);
}

/** The column as bytes. Throws Fault store-failed when the database holds something else. */
export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (value instanceof Uint8Array) return value;
  throw unexpected(column, "bytes", value);
}

/** The column as the value that `asJson` wrote; undefined for NULL. Throws Fault store-failed when it is not JSON. */
export function jsonOf(row: Row, column: string): unknown {
  if (row[column] === null) return undefined;
  const text = textOf(row, column);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Fault("store-failed", { detail: `column ${column} does not hold JSON: the database was changed by something else`, cause: error });
  }
}

/** JSON text, or NULL for undefined. Text and not jsonb: JSON may hold \u0000, which PostgreSQL's jsonb refuses. */
export function asJson(value: unknown): string | null {
  return JSON.stringify(value) ?? null;
}

/** A bound of time as a whole number that both databases take: `t >= bound` and `t < bound` keep their meaning, infinities are clamped. */
export function asBoundMs(ms: number): number {
  const whole = Math.ceil(ms);
  return Math.min(Math.max(whole, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER) + 0;
}

function unexpected(column: string, due: string, value: unknown): Fault {
  const found = value === null ? "NULL" : typeof value;
  return new Fault("store-failed", { detail: `column ${column} holds ${found} where ${due} was due: the database was changed by something else` });
}
