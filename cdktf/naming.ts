/** Every Azure name of the stack in one place. Names that must be unique in the world end in a hash of subscription and resource group. */
import { Fn } from "cdktf";
import type { EnvironmentSettings, NamesSettings } from "./environment-settings.js";

/** Length of the hash at the end of world-wide names. */
const SUFFIX_LENGTH = 6;

type NamingSettings = Pick<EnvironmentSettings, "workload" | "environment" | "names">;

/** Names in the resource group: "<kind>-<workload>-<environment>", as Microsoft's naming guide abbreviates kinds. */
export interface Names {
  readonly resourceGroup: string;
  readonly keyVault: string;
  readonly registry: string;
  readonly databaseServer: string;
  readonly containerApp: string;
  readonly storageAccount: string;
  readonly eventHubsNamespace: string;
  /** A name that need only be unique in its group, such as of("vnet"). */
  of(kind: string): string;
}

interface WorldWide {
  readonly setting: keyof NamesSettings;
  readonly compose: (workload: string, environment: string, suffix: string) => string;
  readonly lengthMax: number;
}

const WORLD_WIDE = {
  keyVault: { setting: "keyVault", compose: (w, e, s) => `kv-${w}-${e}-${s}`, lengthMax: 24 },
  registry: { setting: "registry", compose: (w, e, s) => `cr${w}${e}${s}`, lengthMax: 50 },
  databaseServer: { setting: "databaseServer", compose: (w, e, s) => `psql-${w}-${e}-${s}`, lengthMax: 63 },
  storageAccount: { setting: "storageAccount", compose: (w, e, s) => `st${w}${e}${s}`, lengthMax: 24 },
  eventHubsNamespace: { setting: "eventHubsNamespace", compose: (w, e, s) => `evhns-${w}-${e}-${s}`, lengthMax: 50 },
} as const satisfies Record<string, WorldWide>;

/** Container Apps allows 32 characters. */
const CONTAINER_APP_LENGTH_MAX = 32;

/** All names for settings that passed the check. `subscriptionId` may be a Terraform token. */
export function namesFor(settings: NamingSettings, subscriptionId: string): Names {
  const { workload, environment, names } = settings;
  const of = (kind: string): string => `${kind}-${workload}-${environment}`;
  const resourceGroup = names.resourceGroup ?? of("rg");
  const suffix = Fn.substr(Fn.sha1(Fn.join("/", [subscriptionId, resourceGroup])), 0, SUFFIX_LENGTH);
  const worldWide = (kind: keyof typeof WORLD_WIDE): string => names[WORLD_WIDE[kind].setting] ?? WORLD_WIDE[kind].compose(workload, environment, suffix);
  return {
    resourceGroup,
    keyVault: worldWide("keyVault"),
    registry: worldWide("registry"),
    databaseServer: worldWide("databaseServer"),
    containerApp: names.containerApp ?? of("ca"),
    storageAccount: worldWide("storageAccount"),
    eventHubsNamespace: worldWide("eventHubsNamespace"),
    of,
  };
}

/** How long each composed name will be, with an example; names that settings give are checked by the schema. */
export function composedLengths(settings: NamingSettings): { setting: keyof NamesSettings; length: number; lengthMax: number; example: string }[] {
  const { workload, environment, names } = settings;
  const composed = Object.values(WORLD_WIDE).map((name) => ({ ...name, example: name.compose(workload, environment, "0".repeat(SUFFIX_LENGTH)) }));
  const app = { setting: "containerApp" as const, lengthMax: CONTAINER_APP_LENGTH_MAX, example: `ca-${workload}-${environment}` };
  return [...composed, app]
    .filter((name) => names[name.setting] === undefined)
    .map(({ setting, lengthMax, example }) => ({ setting, lengthMax, example, length: example.length }));
}

/** The Terraform variable of a secret that source definitions refer to. */
export function secretVariable(name: string): string {
  return `secret_${name.replaceAll("-", "_")}`;
}
