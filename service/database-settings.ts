/** Where the state is kept when it is not in the data folder: DATABASE_URL or libpq's variables, read once. */
import { isAbsolute } from "node:path";
import { ENVIRONMENT } from "./environment.js";

/** How a connection is protected: false is not at all; else what node:tls is told. */
export type DatabaseTls = false | { readonly rejectUnauthorized: boolean; readonly ca?: string; readonly checkServerIdentity?: () => undefined };

export interface DatabaseSettings {
  /** DATABASE_URL; what it leaves open is taken from the other fields. */
  readonly connectionString?: string;
  readonly host?: string;
  readonly port: number;
  readonly name?: string;
  readonly user?: string;
  readonly tls: DatabaseTls;
  /** password: the given one, or the one of the connection string. token: one of the managed identity for each login. none: neither is sent. */
  readonly login: { readonly kind: "password"; readonly password?: string } | { readonly kind: "token" } | { readonly kind: "none" };
}

/** Settings of the database from variables that the schema has accepted; undefined when the state is in the data folder. */
export function databaseSettings(values: Readonly<Record<string, string>>, rootCertificates?: string): DatabaseSettings | undefined {
  const url = values[ENVIRONMENT.databaseUrl];
  const host = values[ENVIRONMENT.databaseHost];
  if (url === undefined && host === undefined) return undefined;
  const name = values[ENVIRONMENT.databaseName];
  const user = values[ENVIRONMENT.databaseUser];
  return {
    ...(url === undefined ? {} : { connectionString: url }),
    ...(host === undefined ? {} : { host }),
    port: Number(values[ENVIRONMENT.databasePort] ?? 5432),
    ...(name === undefined ? {} : { name }),
    ...(user === undefined ? {} : { user }),
    tls: tlsOf(values[ENVIRONMENT.databaseTls] ?? (isLocal(url, host) ? "disable" : "verify-full"), rootCertificates),
    login: loginOf(values, url),
  };
}

function loginOf(values: Readonly<Record<string, string>>, url: string | undefined): DatabaseSettings["login"] {
  const password = values[ENVIRONMENT.databasePassword];
  if (url !== undefined && holdsPassword(url)) return { kind: "password" };
  if (password !== undefined) return { kind: "password", password };
  const identity = values[ENVIRONMENT.identityClientId] ?? values[ENVIRONMENT.identityEndpoint];
  return identity === undefined ? { kind: "none" } : { kind: "token" };
}

/** Modes of libpq (postgresql.org/docs/15/libpq-ssl.html), but for allow and prefer: those promise nothing. */
function tlsOf(mode: string, ca: string | undefined): DatabaseTls {
  if (mode === "disable") return false;
  if (mode === "require") return { rejectUnauthorized: false };
  const checked = { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) };
  return mode === "verify-ca" ? { ...checked, checkServerIdentity: () => undefined } : checked;
}

function isLocal(url: string | undefined, host: string | undefined): boolean {
  const named = url === undefined ? host : (partsOf(url)?.hostname ?? "");
  return named === undefined || named === "" || isAbsolute(named) || named.startsWith("%2F") || ["localhost", "127.0.0.1", "::1", "[::1]"].includes(named);
}

function holdsPassword(url: string): boolean {
  const parts = partsOf(url);
  return parts !== undefined && (parts.password !== "" || parts.searchParams.has("password"));
}

function partsOf(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}
