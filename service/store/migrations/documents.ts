import type { Migration } from "../migrate.js";

/** Number 3: small documents by name, such as what the configuration repository brought. */
export const documents: Migration = {
  number: 3,
  name: "documents",
  statements: ({ tableOptions }) => [`CREATE TABLE documents (name TEXT PRIMARY KEY, value TEXT NOT NULL)${tableOptions}`],
};
