/* oxlint-disable no-new -- in the CDK, making a construct is what adds it to the stack */
/** What Terraform prints at the end: where things are and what to do next. Nothing of it is secret. */
import type { ResourceGroup } from "@cdktf/provider-azurerm/lib/resource-group/index.js";
import type { UserAssignedIdentity } from "@cdktf/provider-azurerm/lib/user-assigned-identity/index.js";
import { TerraformOutput, type TerraformStack } from "cdktf";
import type { AppEnvironment } from "./constructs/app-environment.js";
import type { CollectorApp } from "./constructs/collector-app.js";
import type { Database } from "./constructs/database.js";
import type { EventHubs } from "./constructs/event-hubs.js";
import type { Monitoring } from "./constructs/monitoring.js";
import type { Network } from "./constructs/network.js";
import type { Registry } from "./constructs/registry.js";
import type { RowStorage } from "./constructs/row-storage.js";
import type { Vault } from "./constructs/vault.js";

export interface Told {
  readonly group: ResourceGroup;
  readonly vault: Vault;
  readonly identity: UserAssignedIdentity;
  readonly registry: Registry;
  readonly database: Database;
  readonly monitoring: Monitoring;
  readonly environment: AppEnvironment;
  readonly network: Network;
  readonly app: CollectorApp | undefined;
  readonly eventHubs: EventHubs | undefined;
  readonly storage: RowStorage | undefined;
  readonly accessId: string;
}

export function tellOutputs(stack: TerraformStack, told: Told): void {
  const tell = (name: string, value: string | undefined, description: string): void => {
    if (value === undefined) return;
    new TerraformOutput(stack, name, { value, description, staticId: true });
  };
  const { app, group, identity, vault } = told;
  tell("collector_url", app?.url, "Address of the API and of the status page.");
  tell("next_step", app && `curl --user ${told.accessId} ${app.url}/api/v1/sources`, "Lists the sources; asks for the access key. POST a definition to the same address to begin.");
  tell("logs", app && `az containerapp logs show --resource-group ${group.name} --name ${app.app.name} --follow`, "Shows the collector's log.");
  tell("resource_group", group.name, "Everything is in it.");
  tell("key_vault_uri", vault.vault.vaultUri, "The vault with all secrets.");
  tell("identity_client_id", identity.clientId, "Client id of the app's identity: for a federated credential at Microsoft 365.");
  tell("identity_principal_id", identity.principalId, "Object id of the app's identity: for grants elsewhere.");
  tell("registry_login_server", told.registry.loginServer, "Host of the container registry.");
  tell("database_host", told.database.server.fqdn, "The database, from inside the network.");
  tell("log_analytics_workspace_id", told.monitoring.workspace.workspaceId, "Workspace of the logs, for az monitor log-analytics query.");
  tell("environment_static_ip", told.environment.environment.staticIpAddress, "Address of the ingress.");
  tell("egress_ip", told.network.egress?.ipAddress, "Fixed address of outgoing requests, for allow lists elsewhere.");
  tell("event_hubs_host", told.eventHubs?.host, "Host of the Event Hubs namespace.");
  tell("event_hub_name", told.eventHubs?.hub.name, "Name of the hub.");
  tell("storage_blob_endpoint", told.storage?.account.primaryBlobEndpoint, "Blob endpoint of the row storage.");
  tell("storage_container", told.storage?.container.name, "Container of the row storage.");
}
