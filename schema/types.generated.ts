/** Generated from the schema files by `npm run generate`. Do not edit. */

import type { Secret } from "../service/ports.js";

/**
 * What config may hold in every generation.
 */
export interface ExchangeTraceCommon {
  /**
   * Name of the source, unique among the sources of a collector. Sumo Logic shows it as _source; it is sent as X-Sumo-Name.
   */
  name?: string;
  /**
   * Free text for people.
   */
  description?: string;
  /**
   * Tag of everything that this source delivers. Sumo Logic shows it as _sourceCategory.
   */
  category?: string;
  /**
   * Up to 10 fields that travel with the rows: key up to 255 characters, value up to 200. _siemForward is a boolean.
   */
  fields?: Readonly<Record<string, string | boolean>>;
  /**
   * Which Microsoft API is read. graph is Microsoft Graph message trace; reporting is the Office 365 Reporting Web Service, in retirement since April 2026.
   */
  api?: "graph" | "reporting";
  /**
   * The Microsoft cloud of the tenant (GCC belongs to global). A cloud in which Microsoft does not document the chosen API is refused with the reason.
   */
  cloud?: "global" | "gcc-high" | "dod" | "china";
  /**
   * How the application proves itself to Microsoft Entra: by its client secret, by a certificate, or by the managed identity that the collector runs as on Azure (federated credential: nothing is stored).
   */
  credential?: "secret" | "certificate" | "managed-identity";
  /**
   * Where a new source begins to read: an instant, or how far back from its creation. At most 90 days back with graph, 10 days with reporting.
   */
  start?: string;
  /**
   * Names of the destinations that get the rows. A row counts as delivered when all of them have taken it.
   */
  destinations?: readonly string[];
  /**
   * The source is kept but does not collect.
   */
  paused?: boolean;
  /**
   * Rows younger than this (by received time, beyond time_offset) are read again at growing ages, so that late rows and changed statuses are found. 0 switches it off.
   */
  settle_horizon?: number;
  /**
   * every delivers a row again whenever its content changed; final holds a row until its status is final or the horizon passes and delivers it once; off delivers a row once, as first seen.
   */
  status_changes?: "every" | "final" | "off";
  /**
   * Adds one object named collector to each row: row id, kind (new, late, changed), earlier status, first seen, batch id. Without it a line is exactly the API's row.
   */
  annotate?: boolean;
  /**
   * In which order a long outage is caught up, beside live collection.
   */
  catch_up?: "oldest" | "newest";
  /**
   * Share of the tenant's request quota that is left to its own administrators.
   */
  budget_reserve?: number;
}

/**
 * The documented generation: reporting service and authorization code by default.
 */
export interface ExchangeTraceConfig10 extends ExchangeTraceCommon {
  /**
   * Client id of the app registration in Microsoft Entra.
   */
  app_client_id: string;
  /**
   * Id of the Microsoft Entra tenant.
   */
  directory_tenant_id: string;
  /**
   * Value of a client secret of the app registration (its Value, not its Secret ID). With another credential it is left out.
   */
  client_secret?: Secret;
  /**
   * PEM text with the certificate and its private key (not encrypted), whose public part is in the app registration. Only with credential certificate, and required then.
   */
  client_certificate?: Secret;
  /**
   * Code from the consent page, redeemed once and within minutes. Not needed when api is graph, or when the app has the application permission ReportingWebService.Read.All.
   */
  authorization_code?: Secret;
  /**
   * How often new rows are asked for. Below 60 is accepted with a warning.
   */
  polling_interval?: number;
  /**
   * How long a row is left to ripen before it is read at all. Not needed for completeness: settling finds late rows.
   */
  time_offset?: number;
}

/**
 * The current generation: Microsoft Graph and client credentials.
 */
export interface ExchangeTraceConfig20 extends ExchangeTraceCommon {
  /**
   * Client id of the app registration in Microsoft Entra.
   */
  clientID: string;
  /**
   * Id of the Microsoft Entra tenant.
   */
  tenantID: string;
  /**
   * Value of a client secret of the app registration (its Value, not its Secret ID). With another credential it is left out.
   */
  clientSecret?: Secret;
  /**
   * PEM text with the certificate and its private key (not encrypted), whose public part is in the app registration. Only with credential certificate, and required then.
   */
  clientCertificate?: Secret;
  /**
   * How often new rows are asked for. Below one minute is accepted with a warning.
   */
  pollingIntervalMin?: string;
}

/**
 * What every destination has.
 */
export interface DestinationEntry {
  /**
   * What sources call this destination. The one named default is used by sources that name none.
   */
  name: string;
  /**
   * Kind of destination.
   */
  type: "sumo-logic-http" | "file" | "stdout";
}

/**
 * Posts lines to a hosted HTTP Logs source, gzipped. Give url alone, or endpoint together with token.
 */
export interface SumoLogicHttpEntry extends DestinationEntry {
  type: "sumo-logic-http";
  /**
   * Address of the HTTP Logs source. Whoever knows it can send: it is a secret.
   */
  url?: Secret;
  /**
   * Address without the code, for sources that authenticate by token; posted to as it is.
   */
  endpoint?: string;
  /**
   * Value of the x-sumo-token header. Goes with endpoint.
   */
  token?: Secret;
  /**
   * X-Sumo-Host of everything sent here.
   */
  host?: string;
  /**
   * X-Sumo-Category in place of the source's category.
   */
  category?: string;
  /**
   * X-Sumo-Fields in addition to the source's fields; the same key wins here.
   */
  fields?: Readonly<Record<string, string | boolean>>;
  /**
   * Content-Encoding of the requests.
   */
  compression?: "gzip" | "none";
  /**
   * Of gzip. Level 6 costs two and a half times the processor time of level 1 and saves a tenth of the bytes.
   */
  compression_level?: number;
  /**
   * Uncompressed size of one request. Sumo Logic asks for no more than 1 MB.
   */
  batch_bytes_max?: number;
  /**
   * From sending to the end of the answer. Sumo Logic gives up after 30 seconds itself.
   */
  timeout_seconds?: number;
}

/**
 * Lines of JSON in a folder, flushed to disk before rows count as delivered.
 */
export interface FileEntry extends DestinationEntry {
  type: "file";
  /**
   * Where the files go; made when it is missing.
   */
  path: string;
  /**
   * A file that has reached this size is closed and a new one begun.
   */
  rotate_bytes?: number;
  /**
   * A file that has reached this age is closed and a new one begun.
   */
  rotate_seconds?: number;
  /**
   * Compresses a file when it is closed.
   */
  gzip?: boolean;
  /**
   * What the names of the files begin with.
   */
  prefix?: string;
}

/**
 * Lines of JSON on the standard output of the collector. Nothing to set.
 */
export interface StdoutEntry extends DestinationEntry {
  type: "stdout";
}

/**
 * The environment of the service. Every secret may also be given as NAME_FILE, the path of a file that holds it. DATABASE_URL or PGHOST put the state into PostgreSQL; without them it is in the data folder.
 */
export interface SettingsEnvironment {
  /**
   * Address that the API listens on. 0.0.0.0 opens it to the network.
   */
  COLLECTOR_HOST?: string;
  /**
   * Port that the API listens on; 0 takes a free one.
   */
  COLLECTOR_PORT?: string;
  /**
   * Folder of the store, the encryption key file and, when no destinations are set, the rows. With PostgreSQL only for the rows.
   */
  COLLECTOR_DATA_DIR?: string;
  /**
   * User name of the API. Goes with COLLECTOR_ACCESS_KEY.
   */
  COLLECTOR_ACCESS_ID?: string;
  /**
   * Password of the API. Goes with COLLECTOR_ACCESS_ID.
   */
  COLLECTOR_ACCESS_KEY?: string;
  /**
   * Seals the secrets in the store. Whoever loses it enters all secrets again.
   */
  COLLECTOR_ENCRYPTION_KEY?: string;
  /**
   * File that names the destinations.
   */
  COLLECTOR_DESTINATIONS?: string;
  /**
   * Folder with sources/ and destinations/ that is watched: the collector becomes what its files say. In place of COLLECTOR_CONFIG_REPO.
   */
  COLLECTOR_CONFIG_DIR?: string;
  /**
   * Git repository that is fetched again and again: the collector becomes what its files say. Needs the program git, for ssh also ssh.
   */
  COLLECTOR_CONFIG_REPO?: string;
  /**
   * Branch of COLLECTOR_CONFIG_REPO.
   */
  COLLECTOR_CONFIG_BRANCH?: string;
  /**
   * Folder of the repository that holds sources/ and destinations/.
   */
  COLLECTOR_CONFIG_PATH?: string;
  /**
   * How often the repository or folder is looked at. A webhook makes it sooner.
   */
  COLLECTOR_CONFIG_INTERVAL_SECONDS?: string;
  /**
   * Folder under environments/ whose files are merged over the others.
   */
  COLLECTOR_CONFIG_ENVIRONMENT?: string;
  /**
   * Deletes a source as soon as its file is gone, in place of pausing it for the grace period.
   */
  COLLECTOR_CONFIG_PRUNE?: "true" | "false";
  /**
   * How long a source whose file is gone stays paused before it is deleted.
   */
  COLLECTOR_CONFIG_GRACE_HOURS?: string;
  /**
   * Access token for a repository by https; reading is enough. A reference is looked up at each fetch, so that a token that is renewed needs no restart.
   */
  COLLECTOR_CONFIG_TOKEN?: string;
  /**
   * Private key (a deploy key that may read) for a repository by ssh. The host's key is trusted when it is first seen and must stay.
   */
  COLLECTOR_CONFIG_SSH_KEY?: string;
  /**
   * Lets POST /api/v1/config/sync in without an access key when its X-Hub-Signature-256 is made with this secret (GitHub's form).
   */
  COLLECTOR_CONFIG_WEBHOOK_SECRET?: string;
  /**
   * Takes the place of the Microsoft Entra host. For test doubles and proxies.
   */
  COLLECTOR_MICROSOFT_LOGIN_URL?: string;
  /**
   * Takes the place of the Microsoft Graph host. For test doubles and proxies.
   */
  COLLECTOR_MICROSOFT_GRAPH_URL?: string;
  /**
   * Takes the place of the reporting service's host. For test doubles and proxies.
   */
  COLLECTOR_MICROSOFT_REPORTING_URL?: string;
  /**
   * Least severity that is logged.
   */
  COLLECTOR_LOG_LEVEL?: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  /**
   * Directory (tenant) id whose bearer tokens open the API, beside the access keys. Goes with COLLECTOR_ENTRA_AUDIENCE.
   */
  COLLECTOR_ENTRA_TENANT_ID?: string;
  /**
   * What the audience of a bearer token must be: the application id for tokens of version 2, the application id URI for version 1.
   */
  COLLECTOR_ENTRA_AUDIENCE?: string;
  /**
   * Requests that one access key or person may make in a minute; more are answered with 429 and Retry-After.
   */
  COLLECTOR_API_REQUESTS_PER_MINUTE?: string;
  /**
   * Requests of one access key or person that may be under way at the same time; more are answered with 429 and Retry-After.
   */
  COLLECTOR_API_CONCURRENT_REQUESTS?: string;
  /**
   * How long a stop may take before turns are abandoned.
   */
  COLLECTOR_SHUTDOWN_SECONDS?: string;
  /**
   * PostgreSQL that keeps the state, in one line. What it leaves open is taken from the PG variables.
   */
  DATABASE_URL?: string;
  /**
   * PostgreSQL that keeps the state.
   */
  PGHOST?: string;
  /**
   * Port of the database.
   */
  PGPORT?: string;
  /**
   * Database of the state.
   */
  PGDATABASE?: string;
  /**
   * Role that the collector logs in as; with Azure's managed identity, the identity's name.
   */
  PGUSER?: string;
  /**
   * Password of the role.
   */
  PGPASSWORD?: string;
  /**
   * verify-full encrypts and checks who answers, verify-ca does not check the name, require checks nothing, disable does not encrypt.
   */
  PGSSLMODE?: "disable" | "require" | "verify-ca" | "verify-full";
  /**
   * PEM file of the authorities that may vouch for the database.
   */
  PGSSLROOTCERT?: string;
  /**
   * Vault in which {"secretRef":"keyvault:NAME"} is looked up, with the managed identity.
   */
  AZURE_KEY_VAULT_URL?: string;
  /**
   * Client id of the user-assigned managed identity that logs in to PostgreSQL, Key Vault and, where a definition says so, Microsoft 365.
   */
  AZURE_CLIENT_ID?: string;
  /**
   * Where managed identities give tokens. Set by Azure Container Apps and App Service.
   */
  IDENTITY_ENDPOINT?: string;
  /**
   * What the identity endpoint wants to see. Set by Azure.
   */
  IDENTITY_HEADER?: string;
}
