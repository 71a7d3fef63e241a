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
  configDir: "COLLECTOR_CONFIG_DIR",
  configRepo: "COLLECTOR_CONFIG_REPO",
  configBranch: "COLLECTOR_CONFIG_BRANCH",
  configPath: "COLLECTOR_CONFIG_PATH",
  configIntervalSeconds: "COLLECTOR_CONFIG_INTERVAL_SECONDS",
  configEnvironment: "COLLECTOR_CONFIG_ENVIRONMENT",
  configPrune: "COLLECTOR_CONFIG_PRUNE",
  configGraceHours: "COLLECTOR_CONFIG_GRACE_HOURS",
  configToken: "COLLECTOR_CONFIG_TOKEN",
  configSshKey: "COLLECTOR_CONFIG_SSH_KEY",
  configWebhookSecret: "COLLECTOR_CONFIG_WEBHOOK_SECRET",
  loginUrl: "COLLECTOR_MICROSOFT_LOGIN_URL",
  graphUrl: "COLLECTOR_MICROSOFT_GRAPH_URL",
  reportingUrl: "COLLECTOR_MICROSOFT_REPORTING_URL",
  logLevel: "COLLECTOR_LOG_LEVEL",
  entraTenantId: "COLLECTOR_ENTRA_TENANT_ID",
  entraAudience: "COLLECTOR_ENTRA_AUDIENCE",
  requestsPerMinute: "COLLECTOR_API_REQUESTS_PER_MINUTE",
  concurrentRequests: "COLLECTOR_API_CONCURRENT_REQUESTS",
  shutdownSeconds: "COLLECTOR_SHUTDOWN_SECONDS",
  // Names of others, kept as the world knows them: libpq's, and those that Azure gives or its libraries read.
  databaseUrl: "DATABASE_URL",
  databaseHost: "PGHOST",
  databasePort: "PGPORT",
  databaseName: "PGDATABASE",
  databaseUser: "PGUSER",
  databasePassword: "PGPASSWORD",
  databaseTls: "PGSSLMODE",
  databaseRootCertificate: "PGSSLROOTCERT",
  keyVaultUrl: "AZURE_KEY_VAULT_URL",
  identityClientId: "AZURE_CLIENT_ID",
  identityEndpoint: "IDENTITY_ENDPOINT",
  identityHeader: "IDENTITY_HEADER",
} as const;

/** What the names of the service's own variables begin with; an unknown one is a mistake and ends the start. */
export const ENVIRONMENT_PREFIX = "COLLECTOR_";

/** Where the command line finds a collector. The service passes it over: people set it in the shell from which they start one, too. */
export const COMMAND_LINE_URL = "COLLECTOR_URL";

/** A secret may be given as the path of a file that holds it, in the variable of this name. */
export const FILE_SUFFIX = "_FILE";

export const DEFAULT_PORT = 8080;

/** Paths that answer without authentication. */
export const PROBES = { live: "/healthz", ready: "/readyz" } as const;

/** Values of `event` in JSON log lines for which a person is called; alerts look for them. */
export const LOG_EVENTS = { late: "source-late", gap: "gap" } as const;
