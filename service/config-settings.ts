/** Which files the collector is configured from, if any: COLLECTOR_CONFIG_*. */
import { isReference } from "../schema/index.js";
import { ENVIRONMENT } from "./environment.js";
import type { Secret } from "./ports.js";

export interface ConfigSettings {
  readonly from: { readonly kind: "folder"; readonly path: string } | { readonly kind: "repository"; readonly url: string; readonly branch: string; readonly path: string; readonly token?: Secret; readonly sshKey?: Secret };
  readonly intervalMs: number;
  readonly environment?: string;
  readonly prune: boolean;
  /** How long a source whose file is gone stays paused before it is deleted, ms. */
  readonly graceMs: number;
  readonly webhookSecret?: string;
}

const SECONDS_FOLDER = 5;
const SECONDS_REPOSITORY = 60;
const HOUR_MS = 3_600_000;

/** From the variables that are set, once the schema has judged each; adds what is wrong with them together to `faults`. */
export function configSettings(values: Readonly<Record<string, string>>, defaultOf: (name: string) => unknown, faults: string[]): ConfigSettings | undefined {
  const names = ENVIRONMENT;
  const [folder, url] = [values[names.configDir], values[names.configRepo]];
  const given = (name: string): string => values[name] ?? String(defaultOf(name));
  const stray = Object.keys(values).find((name) => name.startsWith("COLLECTOR_CONFIG_"));
  if (folder === undefined && url === undefined) {
    if (stray !== undefined) faults.push(`${stray} is set, but neither ${names.configDir} nor ${names.configRepo}: set one of them, or remove it.`);
    return undefined;
  }
  if (folder !== undefined && url !== undefined) faults.push(`${names.configDir} and ${names.configRepo} are both set: remove one of them.`);
  if (url === undefined || /^https?:/.test(url)) complain(values, [names.configSshKey], "is for a repository by ssh", faults);
  if (url === undefined || !/^https?:/.test(url)) complain(values, [names.configToken], "is for a repository by https", faults);
  if (url === undefined) complain(values, [names.configBranch, names.configPath], `is for ${names.configRepo}`, faults);
  const seconds = Number(values[names.configIntervalSeconds] ?? (folder === undefined ? SECONDS_REPOSITORY : SECONDS_FOLDER));
  return {
    from: folder !== undefined ? { kind: "folder", path: folder } : repository(url!, values, given, faults),
    intervalMs: seconds * 1000,
    ...optional("environment", values[names.configEnvironment]),
    prune: given(names.configPrune) === "true",
    graceMs: Number(given(names.configGraceHours)) * HOUR_MS,
    ...optional("webhookSecret", values[names.configWebhookSecret]),
  };
}

function repository(url: string, values: Readonly<Record<string, string>>, given: (name: string) => string, faults: string[]): ConfigSettings["from"] {
  const names = ENVIRONMENT;
  const path = (values[names.configPath] ?? "").replace(/\/+$/, "");
  return { kind: "repository", url, branch: given(names.configBranch), path, ...secret("token", names.configToken, values, faults), ...secret("sshKey", names.configSshKey, values, faults) };
}

/** The secret itself, or {"secretRef": ...}, which is looked up at each fetch: a token that lives for an hour is renewed without a restart. */
function secret<Key extends "token" | "sshKey">(key: Key, name: string, values: Readonly<Record<string, string>>, faults: string[]): { readonly [key in Key]?: Secret } {
  const text = values[name];
  if (text === undefined) return {};
  const reference = text.trimStart().startsWith("{") ? parsed(text) : text;
  if (typeof reference !== "string" && !isReference(reference)) faults.push(`${name} begins as a reference, but is none: write {"secretRef":"env:NAME"} (not a COLLECTOR_ variable), {"secretRef":"file:/path"} or {"secretRef":"keyvault:NAME"}, or the secret itself.`);
  return { [key]: reference as Secret } as { readonly [key in Key]?: Secret };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function complain(values: Readonly<Record<string, string>>, names: readonly string[], why: string, faults: string[]): void {
  for (const name of names) if (values[name] !== undefined) faults.push(`${name} ${why}, which is not set: remove it, or correct the address.`);
}

function optional<Name extends string>(name: Name, value: string | undefined): { readonly [key in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [key in Name]?: string };
}
