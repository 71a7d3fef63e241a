/** Names that the service and its surroundings (container, Azure stack) must agree on. No code: anybody may import it. */

/** Environment variables of the service; schema/settings.schema.json says what each may hold. */
export const ENVIRONMENT = {
  host: "COLLECTOR_HOST",
  port: "COLLECTOR_PORT",
  dataDir: "COLLECTOR_DATA_DIR",
  accessId: "COLLECTOR_ACCESS_ID",
  accessKey: "COLLECTOR_ACCESS_KEY",
  encryptionKey: "COLLECTOR_ENCRYPTION_KEY",
  destinations: "COLLECTOR_DESTINATIONS",
  loginUrl: "COLLECTOR_MICROSOFT_LOGIN_URL",
  graphUrl: "COLLECTOR_MICROSOFT_GRAPH_URL",
  reportingUrl: "COLLECTOR_MICROSOFT_REPORTING_URL",
  logLevel: "COLLECTOR_LOG_LEVEL",
  shutdownSeconds: "COLLECTOR_SHUTDOWN_SECONDS",
} as const;

/** What the names of the service's variables begin with; an unknown one is a mistake and ends the start. */
export const ENVIRONMENT_PREFIX = "COLLECTOR_";

/** A secret may be given as the path of a file that holds it, in the variable of this name. */
export const FILE_SUFFIX = "_FILE";

export const DEFAULT_PORT = 8080;

/** Paths that answer without authentication. */
export const PROBES = { live: "/healthz", ready: "/readyz" } as const;
