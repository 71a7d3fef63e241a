/** The bill of materials: what the collector needs on Azure, in the order in which it is made. Construct ids are addresses in the state: they never change. */
import { DataAzurermClientConfig } from "@cdktf/provider-azurerm/lib/data-azurerm-client-config/index.js";
import { ResourceGroup } from "@cdktf/provider-azurerm/lib/resource-group/index.js";
import { UserAssignedIdentity } from "@cdktf/provider-azurerm/lib/user-assigned-identity/index.js";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { azureProvider, keepState } from "./azure-provider.js";
import { Alerts } from "./constructs/alerts.js";
import { AppEnvironment } from "./constructs/app-environment.js";
import { CollectorApp } from "./constructs/collector-app.js";
import { Database } from "./constructs/database.js";
import { EventHubs } from "./constructs/event-hubs.js";
import { Inputs } from "./constructs/inputs.js";
import { Monitoring } from "./constructs/monitoring.js";
import { Network } from "./constructs/network.js";
import { Registry } from "./constructs/registry.js";
import { RoleSpread } from "./constructs/role-spread.js";
import { RowStorage } from "./constructs/row-storage.js";
import { placeOf, type Surroundings } from "./constructs/surroundings.js";
import { Vault } from "./constructs/vault.js";
import { namesFor } from "./naming.js";
import { requireTerraform } from "./overrides.js";
import type { EnvironmentSettings } from "./environment-settings.js";
import { addSecrets } from "./stack-secrets.js";
import { watch } from "./stack-alerts.js";
import { tellOutputs } from "./stack-outputs.js";

export class CollectorStack extends TerraformStack {
  constructor(scope: Construct, id: string, settings: EnvironmentSettings) {
    super(scope, id);
    requireTerraform(this, ">= 1.11.0");
    keepState(this, settings.backend);

    const inputs = new Inputs(this, "inputs");
    azureProvider(this, settings, inputs.subscriptionId.stringValue);
    const caller = new DataAzurermClientConfig(this, "caller");

    const names = namesFor(settings, inputs.subscriptionId.stringValue);
    const tags = { ...settings.tags, workload: settings.workload, environment: settings.environment, managed_by: "cdktf" };
    const group = new ResourceGroup(this, "group", { name: names.resourceGroup, location: settings.location, tags });
    const around: Surroundings = { group, names, tags, protectData: settings.protectData };

    const network = new Network(this, "network", { ...around, settings: settings.network });
    const monitoring = new Monitoring(this, "monitoring", { ...around, settings: settings.logs });
    const identity = new UserAssignedIdentity(this, "identity", { ...placeOf(around), name: names.of("id") });
    const vault = new Vault(this, "vault", {
      ...around,
      network,
      tenantId: caller.tenantId,
      deployerCidrs: settings.deployerCidrs,
      ...(settings.grantDeployer && { deployerObjectId: settings.deployerObjectId ?? caller.objectId }),
      roleWaitSeconds: settings.roleWaitSeconds,
      secretsVersion: inputs.secretsVersion,
    });
    const secrets = addSecrets(inputs, vault, identity, settings);
    const database = new Database(this, "database", {
      ...around,
      network,
      identity,
      tenantId: caller.tenantId,
      settings: settings.database,
      ...(secrets.password && { password: { value: secrets.password, version: inputs.secretsVersion } }),
    });
    const registry = new Registry(this, "registry", { ...around, network, identity, settings: settings.registry });
    const environment = new AppEnvironment(this, "apps", { ...around, network, monitoring, internal: settings.ingress.exposure === "internal", zoneRedundant: settings.app.zoneRedundant });
    const { eventHubs: hubSettings, storage: storageSettings } = settings.outputs;
    const eventHubs = hubSettings && new EventHubs(this, "event_hubs", { ...around, network, identity, settings: hubSettings });
    const storage = storageSettings && new RowStorage(this, "row_storage", { ...around, network, identity, settings: storageSettings });

    const grants = [...vault.grants, ...registry.grants, ...(eventHubs?.grants ?? []), ...(storage?.grants ?? [])];
    const spread = new RoleSpread(this, "grants_spread", grants, settings.roleWaitSeconds);
    const app = settings.app.deploy
      ? new CollectorApp(this, "app", {
          ...around,
          environment,
          database,
          vault,
          registry,
          identity,
          image: inputs.containerImage.stringValue,
          settings: settings.app,
          ingress: settings.ingress,
          secrets: secrets.ofApp,
          after: [...spread.done, ...database.ready],
        })
      : undefined;

    monitoring.audit("vault_logs", vault.vault.id, { group: "audit" });
    monitoring.audit("database_logs", database.server.id, { group: "allLogs" });
    const alerts = new Alerts(this, "alerts", { ...around, emails: settings.alerts.emails });
    watch(alerts, { database, monitoring, app, budget: settings.budget });
    tellOutputs(this, { group, vault, identity, registry, database, monitoring, environment, network, app, eventHubs, storage, accessId: settings.app.accessId });
  }
}
