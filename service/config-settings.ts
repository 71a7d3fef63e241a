/** Which files the collector is configured from, if any: COLLECTOR_CONFIG_*. */
import { ENVIRONMENT } from "./environment.js";

export interface ConfigSettings {
  readonly from: { readonly kind: "folder"; readonly path: string } | { readonly kind: "repository"; readonly url: string; readonly branch: string; readonly path: string; readonly token?: string; readonly sshKey?: string };
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
    from: folder !== undefined ? { kind: "folder", path: folder } : repository(url!, values, given),
    intervalMs: seconds * 1000,
    ...optional("environment", values[names.configEnvironment]),
    prune: given(names.configPrune) === "true",
    graceMs: Number(given(names.configGraceHours)) * HOUR_MS,
    ...optional("webhookSecret", values[names.configWebhookSecret]),
  };
}

function repository(url: string, values: Readonly<Record<string, string>>, given: (name: string) => string): ConfigSettings["from"] {
  const names = ENVIRONMENT;
  const path = (values[names.configPath] ?? "").replace(/\/+$/, "");
  return { kind: "repository", url, branch: given(names.configBranch), path, ...optional("token", values[names.configToken]), ...optional("sshKey", values[names.configSshKey]) };
}

function complain(values: Readonly<Record<string, string>>, names: readonly string[], why: string, faults: string[]): void {
  for (const name of names) if (values[name] !== undefined) faults.push(`${name} ${why}, which is not set: remove it, or correct the address.`);
}

function optional<Name extends string>(name: Name, value: string | undefined): { readonly [key in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [key in Name]?: string };
}
