/** The settings of one Azure environment: their shape, defaults filled in. schema/azure-settings.schema.json says what may be given. */
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
