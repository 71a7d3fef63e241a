/** The settings of one Azure environment: their shape, and the way from a JSON file to a checked, complete value. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { withDefaults } from "./profiles.js";
import { RULES } from "./settings-rules.js";
import { SettingsError, schemaProblems, type Problem } from "./settings-problems.js";

export interface NamesSettings {
  readonly resourceGroup?: string;
  readonly keyVault?: string;
  readonly registry?: string;
  readonly databaseServer?: string;
  readonly containerApp?: string;
  readonly storageAccount?: string;
  readonly eventHubsNamespace?: string;
}

export interface AppSettings {
  /** False leaves the Container App and its alerts out: for the first run with a registry that is still empty. */
  readonly deploy: boolean;
  /** vCPU of the container; memory follows from it. */
  readonly cpu: number;
  readonly memoryGi: number;
  readonly replicasMin: number;
  readonly replicasMax: number;
  /** Spreads the Container App environment over availability zones. Cannot be changed later. */
  readonly zoneRedundant: boolean;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly accessId: string;
}

export interface DatabaseSettings {
  readonly sku: string;
  /** At creation; the server grows by itself afterwards. */
  readonly storageMb: number;
  readonly version: string;
  readonly zoneRedundant: boolean;
  readonly backupDays: number;
  readonly geoBackup: boolean;
  readonly login: "entra" | "password";
  /** People or groups that may administer the database besides the app's identity. */
  readonly administrators: readonly { readonly objectId: string; readonly name: string; readonly type: "Group" | "User" | "ServicePrincipal" }[];
}

export interface EnvironmentSettings {
  readonly profile: "small" | "standard";
  readonly workload: string;
  readonly environment: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly names: NamesSettings;
  /** The one switch for teardown: true refuses to destroy the database and the vault. */
  readonly protectData: boolean;
  /** Gives the deploying principal Key Vault Secrets Officer on the vault. */
  readonly grantDeployer: boolean;
  /** Who that is; without it whoever makes the plan. */
  readonly deployerObjectId?: string;
  /** Wait after role assignments before they are used; 0 switches it off. */
  readonly roleWaitSeconds: number;
  readonly registerProviders: boolean;
  /** Public addresses from which secrets may be written; empty closes the vault to the internet. */
  readonly deployerCidrs: readonly string[];
  readonly network: { readonly addressSpace: string; readonly egress: "dynamic" | "static" };
  readonly ingress: { readonly exposure: "internal" | "external"; readonly allowCidrs: readonly string[]; readonly denyCidrs: readonly string[] };
  readonly app: AppSettings;
  readonly database: DatabaseSettings;
  readonly registry: { readonly mode: "none" | "existing" | "create"; readonly name?: string; readonly resourceGroup?: string; readonly private: boolean };
  /** Names of secrets that source definitions refer to, one Terraform variable each. */
  readonly secrets: readonly string[];
  readonly logs: { readonly retentionDays: number; readonly dailyCapGb: number };
  readonly alerts: { readonly emails: readonly string[] };
  readonly outputs: {
    readonly eventHubs?: { readonly partitions: number; readonly retentionDays: number };
    readonly storage?: { readonly replication: "LRS" | "ZRS" | "GRS" };
  };
  readonly budget?: { readonly amount: number; readonly startMonth: string };
  readonly backend: {
    readonly type: "local" | "azurerm";
    readonly resourceGroup?: string;
    readonly storageAccount?: string;
    readonly container?: string;
    readonly key?: string;
  };
}

const SCHEMA: object = JSON.parse(readFileSync(new URL("../schema/azure-settings.schema.json", import.meta.url), "utf8")) as object;
const validate = new Ajv2020({ allErrors: true, strict: true }).compile(SCHEMA);

/**
 * Checks settings and fills in the profile's defaults.
 * Throws SettingsError with every problem found, each with its field and remedy.
 */
export function parseSettings(given: unknown): EnvironmentSettings {
  const problems: Problem[] = [];
  if (!validate(given)) problems.push(...schemaProblems(validate.errors ?? [], SCHEMA));
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw new SettingsError(problems);
  const wrong = new Set(problems.map((problem) => problem.field.split("/")[1] ?? ""));
  const settings = withDefaults(given) as unknown as EnvironmentSettings;
  for (const rule of RULES) {
    // A rule is asked only when the parts it reads have the right shape.
    if (!rule.reads.some((part) => wrong.has(part))) problems.push(...rule.check(settings));
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

/** Reads and checks a settings file. Throws SettingsError, also when the file is missing or no JSON. */
export function readSettings(path: string): EnvironmentSettings {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingsError([{ field: "", message: `cannot be read: ${reason}.`, remedy: "Give the path of a JSON file." }], path, { cause: error });
  }
  try {
    return parseSettings(given);
  } catch (error) {
    if (error instanceof SettingsError) throw new SettingsError(error.problems, path, { cause: error });
    throw error;
  }
}
