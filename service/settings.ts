/** What the operator gives by environment. `process.env` is read here and nowhere else. */
import { readFileSync } from "node:fs";
import { fieldsOf, nearestKey, problemsOf, schemaOf } from "../schema/index.js";
import { configSettings, type ConfigSettings } from "./config-settings.js";
import { databaseSettings, type DatabaseSettings } from "./database-settings.js";
import { COMMAND_LINE_URL, ENVIRONMENT, ENVIRONMENT_PREFIX, FILE_SUFFIX } from "./environment.js";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export interface Settings {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly dataDir: string;
  /** Both or neither; without them the first start makes them. */
  readonly accessId?: string;
  readonly accessKey?: string;
  /** 32 bytes; without it the first start makes a key file. */
  readonly encryptionKey?: Buffer;
  /** Without it rows go to files in the folder `rows` of the data folder. */
  readonly destinationsPath?: string;
  /** In place of the hosts of the chosen cloud; without trailing slash. */
  readonly microsoft: { readonly loginUrl?: string; readonly graphUrl?: string; readonly reportingUrl?: string };
  readonly logLevel: LogLevel;
  readonly shutdownMs: number;
  /** State in PostgreSQL; without it in the data folder. */
  readonly database?: DatabaseSettings;
  readonly azure: AzureSettings;
  /** Definitions from files; without it they come by the API alone. */
  readonly config?: ConfigSettings;
  /** Bearer tokens that open the API beside access keys; absent while off. */
  readonly entra?: { readonly tenantId: string; readonly audience: string };
  /** Of one caller of the API. */
  readonly apiLimits: { readonly requestsPerMinute: number; readonly concurrent: number };
}

/** Where managed identities and vault are; empty outside Azure. */
export interface AzureSettings {
  /** Without trailing slash. */
  readonly keyVaultUrl?: string;
  readonly clientId?: string;
  readonly identityEndpoint?: string;
  readonly identityHeader?: string;
}

/** The process must end with this code when its settings are wrong (EX_CONFIG of sysexits.h). */
export const EXIT_CODE_SETTINGS = 78;

/** Wrong settings. The message is one sentence for the first fault; further ones follow, a line each. */
export class SettingsError extends Error {
  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.name = "SettingsError";
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;
/** Reads a whole file as text; throws what node:fs throws. */
export type ReadText = (path: string) => string;

/** Settings of this process. Throws SettingsError. */
export function settingsFromProcess(): Settings {
  return readSettings(process.env);
}

/** Settings from an environment, secrets from the files that NAME_FILE names. Throws SettingsError; no message holds a secret. */
export function readSettings(environment: Environment, readText: ReadText = (path) => readFileSync(path, "utf8")): Settings {
  const faults: string[] = [];
  const values = gather(environment, readText, faults);
  const pairs: ReadonlySet<string> = new Set([ENVIRONMENT.accessId, ENVIRONMENT.accessKey]);
  for (const problem of problemsOf("settings.schema.json", values)) {
    const name = problem.pointer.slice(1);
    const unusable = pairs.has(name) && environment[name + FILE_SUFFIX] !== undefined && values[name] === undefined;
    // The file of a secret could not be read: said already.
    if (unusable) continue;
    faults.push(pairs.has(name) && values[name] === undefined ? lonely(name) : problem.message.replace(`/${name}`, name));
  }
  const shared = [ENVIRONMENT.databaseUrl, ENVIRONMENT.databaseHost].find((name) => values[name] !== undefined);
  const keyGiven = [ENVIRONMENT.encryptionKey, ENVIRONMENT.encryptionKey + FILE_SUFFIX].some((name) => environment[name] !== undefined);
  if (shared !== undefined && !keyGiven) faults.push(`${ENVIRONMENT.encryptionKey} is missing: ${shared} puts the state into PostgreSQL, and then the key must be given (openssl rand -base64 32), because a data folder may not outlive the container.`);
  const config = configSettings(values, (name) => variables.get(name)?.default, faults);
  const rootCertificates = readRootCertificates(values, readText, faults);
  if (faults.length > 0) throw new SettingsError(faults);
  return { ...settingsOf(values, rootCertificates), ...present("config", config) };
}

const variables = fieldsOf(schemaOf("settings.schema.json"));

/** The variables of ours that are set, by name; complains of unknown, empty and doubled ones and of files that cannot be read. */
function gather(environment: Environment, readText: ReadText, faults: string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !isOurs(name, value)) continue;
    const plain = name.endsWith(FILE_SUFFIX) ? name.slice(0, -FILE_SUFFIX.length) : name;
    const isFile = plain !== name && variables.get(plain)?.["x-secret"] === true;
    if (!isFile && !variables.has(name)) faults.push(unknownVariable(name));
    else if (value === "") faults.push(`${name} is empty: give it a value or remove it.`);
    else if (!isFile) values[name] = value;
    else if (environment[plain] !== undefined) faults.push(`${name} and ${plain} are both set: remove one of them.`);
    else {
      const text = secretFromFile(name, value, readText, faults);
      if (text !== undefined) values[plain] = text;
    }
  }
  return values;
}

/** All of the prefix; of the names of others those that the schema knows, unless empty: other programs take that for unset. */
function isOurs(name: string, value: string): boolean {
  if (name.startsWith(ENVIRONMENT_PREFIX)) return name !== COMMAND_LINE_URL;
  const plain = name.endsWith(FILE_SUFFIX) ? name.slice(0, -FILE_SUFFIX.length) : name;
  return value !== "" && (variables.has(name) || variables.get(plain)?.["x-secret"] === true);
}

function secretFromFile(name: string, path: string, readText: ReadText, faults: string[]): string | undefined {
  try {
    const text = readText(path).replace(/\r?\n$/, "");
    if (text !== "") return text;
    faults.push(`${name} names the file ${JSON.stringify(path)}, which is empty: put ${name === ENVIRONMENT.databaseRootCertificate ? "the certificates" : "the secret"} into it.`);
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unreadable";
    faults.push(`${name} names the file ${JSON.stringify(path)}, which cannot be read (${code}): make it readable for the collector or correct the path.`);
  }
  return undefined;
}

function unknownVariable(name: string): string {
  const plain = name.endsWith(FILE_SUFFIX) ? name.slice(0, -FILE_SUFFIX.length) : name;
  if (variables.has(plain)) return `${name} is not a known setting: ${plain} is no secret, set it itself.`;
  const secrets = [...variables].filter(([, node]) => node["x-secret"] === true).map(([known]) => known + FILE_SUFFIX);
  // Without the prefix, which all share: else every name is near every other.
  const bare = [...variables.keys(), ...secrets].filter((known) => known.startsWith(ENVIRONMENT_PREFIX)).map((known) => known.slice(ENVIRONMENT_PREFIX.length));
  const near = nearestKey(name.slice(ENVIRONMENT_PREFIX.length), bare);
  return near === undefined
    ? `${name} is not a known setting: remove it; known are ${[...variables.keys()].join(", ")}.`
    : `${name} is not a known setting: did you mean ${ENVIRONMENT_PREFIX}${near}?`;
}

function lonely(name: string): string {
  const other = name === ENVIRONMENT.accessId ? ENVIRONMENT.accessKey : ENVIRONMENT.accessId;
  return `${other} is set without ${name}: set both, or remove both and let the first start make them.`;
}

function readRootCertificates(values: Readonly<Record<string, string>>, readText: ReadText, faults: string[]): string | undefined {
  const name = ENVIRONMENT.databaseRootCertificate;
  const path = values[name];
  return path === undefined ? undefined : secretFromFile(name, path, readText, faults);
}

function settingsOf(values: Readonly<Record<string, string>>, rootCertificates: string | undefined): Settings {
  const given = (name: string): string | undefined => values[name];
  const orDefault = (name: string): string => values[name] ?? String(variables.get(name)?.default);
  const key = given(ENVIRONMENT.encryptionKey);
  return {
    host: orDefault(ENVIRONMENT.host),
    port: Number(orDefault(ENVIRONMENT.port)),
    dataDir: orDefault(ENVIRONMENT.dataDir),
    ...present("accessId", given(ENVIRONMENT.accessId)),
    ...present("accessKey", given(ENVIRONMENT.accessKey)),
    ...present("encryptionKey", key === undefined ? undefined : Buffer.from(key, "base64")),
    ...present("destinationsPath", given(ENVIRONMENT.destinations)),
    microsoft: {
      ...present("loginUrl", baseUrl(given(ENVIRONMENT.loginUrl))),
      ...present("graphUrl", baseUrl(given(ENVIRONMENT.graphUrl))),
      ...present("reportingUrl", baseUrl(given(ENVIRONMENT.reportingUrl))),
    },
    logLevel: orDefault(ENVIRONMENT.logLevel) as LogLevel,
    shutdownMs: 1000 * Number(orDefault(ENVIRONMENT.shutdownSeconds)),
    ...present("entra", entraSettings(given(ENVIRONMENT.entraTenantId), given(ENVIRONMENT.entraAudience))),
    apiLimits: { requestsPerMinute: Number(orDefault(ENVIRONMENT.requestsPerMinute)), concurrent: Number(orDefault(ENVIRONMENT.concurrentRequests)) },
    ...present("database", databaseSettings(values, rootCertificates)),
    azure: {
      ...present("keyVaultUrl", baseUrl(given(ENVIRONMENT.keyVaultUrl))),
      ...present("clientId", given(ENVIRONMENT.identityClientId)),
      ...present("identityEndpoint", given(ENVIRONMENT.identityEndpoint)),
      ...present("identityHeader", given(ENVIRONMENT.identityHeader)),
    },
  };
}

function entraSettings(tenantId: string | undefined, audience: string | undefined): Settings["entra"] {
  return tenantId === undefined || audience === undefined ? undefined : { tenantId, audience };
}

function baseUrl(url: string | undefined): string | undefined {
  return url?.replace(/\/+$/, "");
}

/** `{name: value}`, or nothing when there is no value. */
function present<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [key in Name]?: Value };
}
