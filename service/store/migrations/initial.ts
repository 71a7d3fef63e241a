import type { Migration } from "../migrate.js";

/** Number 1: everything the first version keeps. See ../README.md for what each table is for. */
export const initial: Migration = {
  number: 1,
  name: "initial",
  statements: ({ integer, bytes, serial, tableOptions }) => [
    `CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)${tableOptions}`,
    `CREATE TABLE counters (name TEXT PRIMARY KEY, value ${integer} NOT NULL)${tableOptions}`,
    `CREATE TABLE sources (
      id ${integer} PRIMARY KEY,
      collector_id ${integer} NOT NULL,
      revision ${integer} NOT NULL,
      schema_ref TEXT NOT NULL,
      config TEXT NOT NULL,
      secrets TEXT NOT NULL,
      created_ms ${integer} NOT NULL,
      changed_ms ${integer} NOT NULL,
      paused ${integer} NOT NULL,
      stopping ${integer} NOT NULL
    )${tableOptions}`,
    `CREATE TABLE progress (source_id ${integer} PRIMARY KEY, revision ${integer} NOT NULL, coverage TEXT, totals TEXT)${tableOptions}`,
    `CREATE TABLE buckets (
      source_id ${integer} NOT NULL,
      start_ms ${integer} NOT NULL,
      content ${bytes} NOT NULL,
      PRIMARY KEY (source_id, start_ms)
    )${tableOptions}`,
    `CREATE TABLE partial_takes (
      source_id ${integer} NOT NULL,
      destination TEXT NOT NULL,
      content ${bytes} NOT NULL,
      PRIMARY KEY (source_id, destination)
    )${tableOptions}`,
    `CREATE TABLE grants (name TEXT PRIMARY KEY, sealed TEXT NOT NULL, changed_ms ${integer} NOT NULL)${tableOptions}`,
    `CREATE TABLE codes (hash TEXT PRIMARY KEY, claimed_ms ${integer} NOT NULL)${tableOptions}`,
    `CREATE TABLE budgets (name TEXT PRIMARY KEY, record TEXT NOT NULL)${tableOptions}`,
    `CREATE TABLE access_keys (id TEXT PRIMARY KEY, hash TEXT NOT NULL, created_ms ${integer} NOT NULL)${tableOptions}`,
    `CREATE TABLE events (
      id ${serial},
      at_ms ${integer} NOT NULL,
      source_id ${integer},
      kind TEXT NOT NULL,
      detail TEXT
    )${tableOptions}`,
    "CREATE INDEX events_of_source ON events (source_id, id)",
  ],
};
