import type { Migration } from "../migrate.js";

/** Number 2: hosted collectors, roles of access keys, the audit log, and which request made a source. */
export const administration: Migration = {
  number: 2,
  name: "administration",
  statements: ({ integer, serial, tableOptions }) => [
    `CREATE TABLE collectors (
      id ${integer} PRIMARY KEY,
      revision ${integer} NOT NULL,
      name TEXT NOT NULL UNIQUE,
      properties TEXT NOT NULL,
      created_ms ${integer} NOT NULL,
      changed_ms ${integer} NOT NULL,
      stopping ${integer} NOT NULL,
      origin TEXT
    )${tableOptions}`,
    "ALTER TABLE sources ADD COLUMN origin TEXT",
    // Keys of the first version could do everything, and go on so.
    "ALTER TABLE access_keys ADD COLUMN name TEXT NOT NULL DEFAULT 'first key'",
    "ALTER TABLE access_keys ADD COLUMN role TEXT NOT NULL DEFAULT 'admin'",
    `ALTER TABLE access_keys ADD COLUMN expires_ms ${integer}`,
    `ALTER TABLE access_keys ADD COLUMN revoked_ms ${integer}`,
    `CREATE TABLE audit (
      id ${serial},
      at_ms ${integer} NOT NULL,
      actor TEXT NOT NULL,
      address TEXT NOT NULL,
      action TEXT NOT NULL,
      target TEXT NOT NULL,
      before_json TEXT,
      after_json TEXT
    )${tableOptions}`,
  ],
};
