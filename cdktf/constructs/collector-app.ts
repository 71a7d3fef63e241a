/** The collector itself, as a Container App: image, environment, secrets, probes, ingress. */
import {
  ContainerApp,
  type ContainerAppIngress,
  type ContainerAppSecret,
  type ContainerAppTemplate,
  type ContainerAppTemplateContainer,
  type ContainerAppTemplateContainerEnv,
} from "@cdktf/provider-azurerm/lib/container-app/index.js";
import type { KeyVaultSecret } from "@cdktf/provider-azurerm/lib/key-vault-secret/index.js";
import type { UserAssignedIdentity } from "@cdktf/provider-azurerm/lib/user-assigned-identity/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { ENVIRONMENT, LIVENESS_PATH, PORT, READINESS_PATH } from "../service-environment.js";
import type { AppSettings, EnvironmentSettings } from "../environment-settings.js";
import { WORKLOAD_PROFILE, type AppEnvironment } from "./app-environment.js";
import type { Database } from "./database.js";
import type { Registry } from "./registry.js";
import type { Surroundings } from "./surroundings.js";
import type { Vault } from "./vault.js";

export interface CollectorAppProps extends Surroundings {
  readonly environment: AppEnvironment;
  readonly database: Database;
  readonly vault: Vault;
  readonly registry: Registry;
  readonly identity: UserAssignedIdentity;
  readonly image: string;
  readonly settings: AppSettings;
  readonly ingress: EnvironmentSettings["ingress"];
  readonly secrets: AppSecrets;
  /** What has to exist before the first replica starts: grants, the database's login. */
  readonly after: readonly ITerraformDependable[];
}

/** Secrets of the service itself; those of source definitions it reads from the vault by name. */
export interface AppSecrets {
  readonly accessKey: KeyVaultSecret;
  readonly encryptionKey: KeyVaultSecret;
  /** Text of the destinations file: it holds URLs and tokens. */
  readonly destinations: KeyVaultSecret;
  readonly databasePassword?: KeyVaultSecret;
}

/** Where the app's secrets appear as files, one per secret. */
const SECRETS_DIR = "/etc/collector/secrets";
/** The one writable folder: scratch space, empty after each restart; state is in PostgreSQL. */
const DATA_DIR = "/data";
/** SIGTERM to SIGKILL. The service finishes or abandons its turn within 10 s. */
const TERMINATION_GRACE_S = 60;

export class CollectorApp extends Construct {
  readonly app: ContainerApp;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: CollectorAppProps,
  ) {
    super(scope, id);
    const { group, names, tags, environment, identity, registry, after } = props;
    this.app = new ContainerApp(this, "Resource", {
      name: names.containerApp,
      resourceGroupName: group.name,
      containerAppEnvironmentId: environment.environment.id,
      workloadProfileName: WORKLOAD_PROFILE,
      revisionMode: "Single",
      maxInactiveRevisions: 5,
      identity: { type: "UserAssigned", identityIds: [identity.id] },
      ...(registry.loginServer !== undefined && { registry: [{ server: registry.loginServer, identity: identity.id }] }),
      secret: this.secrets(),
      ingress: this.ingress(),
      template: this.template(),
      tags,
      dependsOn: [...after],
    });
  }

  get url(): string {
    return `https://${this.app.ingress.fqdn}`;
  }

  /** By reference without version: a new version in the vault is taken up by itself within half an hour. */
  private secrets(): ContainerAppSecret[] {
    const { secrets, identity } = this.props;
    return Object.values(secrets)
      .filter((secret): secret is KeyVaultSecret => secret !== undefined)
      .map((secret) => ({ name: secret.node.id, keyVaultSecretId: secret.versionlessId, identity: identity.id }));
  }

  private ingress(): ContainerAppIngress {
    const { exposure: _, allowCidrs, denyCidrs } = this.props.ingress;
    const restrictions = [...restrict("Allow", allowCidrs), ...restrict("Deny", denyCidrs)];
    return {
      // In an internal environment "external" means: from the whole virtual network.
      externalEnabled: true,
      allowInsecureConnections: false,
      targetPort: PORT,
      transport: "http",
      trafficWeight: [{ latestRevision: true, percentage: 100 }],
      ...(restrictions.length > 0 && { ipSecurityRestriction: restrictions }),
    };
  }

  private template(): ContainerAppTemplate {
    const { settings } = this.props;
    return {
      minReplicas: settings.replicasMin,
      maxReplicas: settings.replicasMax,
      terminationGracePeriodSeconds: TERMINATION_GRACE_S,
      container: [this.container()],
      customScaleRule: [{ name: "cpu", customRuleType: "cpu", metadata: { type: "Utilization", value: "70" } }],
      httpScaleRule: [{ name: "http", concurrentRequests: "50" }],
      volume: [
        { name: "data", storageType: "EmptyDir" },
        { name: "secrets", storageType: "Secret" },
      ],
    };
  }

  private container(): ContainerAppTemplateContainer {
    const { settings, image } = this.props;
    const probe = { port: PORT, transport: "HTTP", timeout: 5 };
    return {
      name: "collector",
      image,
      cpu: settings.cpu,
      memory: `${settings.memoryGi}Gi`,
      env: this.variables(),
      startupProbe: [{ ...probe, path: LIVENESS_PATH, initialDelay: 1, intervalSeconds: 5, failureCountThreshold: 10 }],
      livenessProbe: [{ ...probe, path: LIVENESS_PATH, initialDelay: 5, intervalSeconds: 15, failureCountThreshold: 3 }],
      readinessProbe: [{ ...probe, path: READINESS_PATH, initialDelay: 1, intervalSeconds: 10, failureCountThreshold: 3, successCountThreshold: 1 }],
      volumeMounts: [
        { name: "data", path: DATA_DIR },
        { name: "secrets", path: SECRETS_DIR },
      ],
    };
  }

  private variables(): ContainerAppTemplateContainerEnv[] {
    const { settings, database, vault, identity, secrets } = this.props;
    return [
      { name: ENVIRONMENT.host, value: "0.0.0.0" },
      { name: ENVIRONMENT.port, value: String(PORT) },
      { name: ENVIRONMENT.dataDir, value: DATA_DIR },
      { name: ENVIRONMENT.logLevel, value: settings.logLevel },
      { name: ENVIRONMENT.accessId, value: settings.accessId },
      { name: ENVIRONMENT.accessKey, secretName: secrets.accessKey.node.id },
      { name: ENVIRONMENT.encryptionKey, secretName: secrets.encryptionKey.node.id },
      { name: ENVIRONMENT.destinations, value: `${SECRETS_DIR}/${secrets.destinations.node.id}` },
      { name: ENVIRONMENT.keyVaultUrl, value: vault.vault.vaultUri },
      { name: ENVIRONMENT.identityClientId, value: identity.clientId },
      { name: ENVIRONMENT.databaseHost, value: database.server.fqdn },
      { name: ENVIRONMENT.databasePort, value: "5432" },
      { name: ENVIRONMENT.databaseName, value: database.database.name },
      { name: ENVIRONMENT.databaseUser, value: database.user },
      { name: ENVIRONMENT.databaseTls, value: "verify-full" },
      ...(secrets.databasePassword ? [{ name: ENVIRONMENT.databasePassword, secretName: secrets.databasePassword.node.id }] : []),
    ];
  }
}

function restrict(action: "Allow" | "Deny", ranges: readonly string[]): { name: string; action: string; ipAddressRange: string }[] {
  return ranges.map((ipAddressRange, index) => ({ name: `${action.toLowerCase()}-${index + 1}`, action, ipAddressRange }));
}
