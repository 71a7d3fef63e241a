/** What a settings file need not say: the defaults of each profile. */

const COMMON = {
  tags: {},
  names: {},
  grantDeployer: true,
  roleWaitSeconds: 60,
  registerProviders: true,
  deployerCidrs: [],
  network: { addressSpace: "10.60.0.0/22", egress: "dynamic" },
  ingress: { exposure: "internal", allowCidrs: [], denyCidrs: [] },
  app: { deploy: true, cpu: 0.5, memoryGi: 1, replicasMin: 1, replicasMax: 1, logLevel: "info", accessId: "collector" },
  database: { version: "17", backupDays: 14, geoBackup: false, login: "entra", administrators: [] },
  registry: { mode: "none", private: false },
  secrets: [],
  outputs: {},
  backend: { type: "local" },
};

/** A trial or a small tenant: one zone, a burstable database, everything can be destroyed. */
const SMALL = {
  protectData: false,
  app: { zoneRedundant: false },
  database: { sku: "B_Standard_B1ms", storageMb: 32_768, zoneRedundant: false },
  logs: { retentionDays: 30, dailyCapGb: 1 },
};

/** Production: zone redundant, data protected against destroy. */
const STANDARD = {
  protectData: true,
  app: { cpu: 1, memoryGi: 2, zoneRedundant: true },
  database: { sku: "GP_Standard_D2ds_v5", storageMb: 65_536, zoneRedundant: true, backupDays: 30 },
  logs: { retentionDays: 90, dailyCapGb: 5 },
};

const OPTION_DEFAULTS: Readonly<Record<string, Tree>> = {
  eventHubs: { partitions: 4, retentionDays: 7 },
  storage: { replication: "ZRS" },
};

type Tree = { readonly [key: string]: unknown };

/** The given settings over the profile's defaults over the common ones. Objects are merged, everything else replaces. */
export function withDefaults(given: object): Tree {
  const settings = given as Tree;
  const profile = settings["profile"] === "standard" ? STANDARD : SMALL;
  const merged = merge(merge(COMMON, profile), settings);
  const { $schema: _, ...rest } = merged;
  return { ...rest, outputs: outputDefaults(rest["outputs"]) };
}

function outputDefaults(outputs: unknown): unknown {
  if (!isTree(outputs)) return outputs;
  return Object.fromEntries(Object.entries(outputs).map(([name, option]) => [name, isTree(option) ? merge(OPTION_DEFAULTS[name] ?? {}, option) : option]));
}

function merge(base: Tree, over: Tree): Tree {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTree(below) && isTree(value) ? merge(below, value) : value;
  }
  return merged;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
