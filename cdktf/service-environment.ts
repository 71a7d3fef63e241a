/**
 * What stack and service must agree on. Names, port and probe paths are the service's own (service/environment.ts);
 * here is added what only a deployment on Azure gives.
 */
import { DEFAULT_PORT, ENVIRONMENT as SERVICE, PROBES } from "../service/environment.js";

/** Environment variables that the Container App sets. PG* are those of libpq; AZURE_CLIENT_ID is the one that Azure's libraries read. */
export const ENVIRONMENT = {
  ...SERVICE,
  keyVaultUrl: "AZURE_KEY_VAULT_URL",
  identityClientId: "AZURE_CLIENT_ID",
  databaseHost: "PGHOST",
  databasePort: "PGPORT",
  databaseName: "PGDATABASE",
  databaseUser: "PGUSER",
  databasePassword: "PGPASSWORD",
  databaseTls: "PGSSLMODE",
} as const;

/** TCP port on which the service listens. */
export const PORT = DEFAULT_PORT;
/** The process lives: startup and liveness probe. */
export const LIVENESS_PATH = PROBES.live;
/** The process can do its work (database reachable): readiness probe. */
export const READINESS_PATH = PROBES.ready;
/** Values of `event` in the service's JSON log lines for which a person is called. */
export const LOG_EVENTS = { late: "source-late", gap: "gap" } as const;
