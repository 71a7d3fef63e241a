/* oxlint-disable no-new -- in the CDK, making a construct is what adds it to the stack */
/** How Terraform talks to Azure, and where it keeps its state. */
import { AzurermProvider } from "@cdktf/provider-azurerm/lib/provider/index.js";
import { AzurermBackend, LocalBackend, type TerraformStack } from "cdktf";
import type { EnvironmentSettings } from "./environment-settings.js";

/** Resource providers of everything that the stack can create. */
const PROVIDERS = ["App", "Consumption", "ContainerRegistry", "DBforPostgreSQL", "EventHub", "Insights", "KeyVault", "ManagedIdentity", "Network", "OperationalInsights", "Storage"];

/** The provider. What it does at destroy follows `protectData`. */
export function azureProvider(stack: TerraformStack, settings: EnvironmentSettings, subscriptionId: string): AzurermProvider {
  const { protectData } = settings;
  return new AzurermProvider(stack, "azurerm", {
    subscriptionId,
    storageUseAzuread: true,
    resourceProviderRegistrations: "none",
    ...(settings.registerProviders && { resourceProvidersToRegister: PROVIDERS.map((name) => `Microsoft.${name}`) }),
    features: [
      {
        keyVault: [
          {
            // A vault with purge protection is never purged; these matter for what came without it.
            purgeSoftDeleteOnDestroy: false,
            purgeSoftDeletedSecretsOnDestroy: false,
            recoverSoftDeletedKeyVaults: true,
            recoverSoftDeletedSecrets: true,
          },
        ],
        logAnalyticsWorkspace: [{ permanentlyDeleteOnDestroy: !protectData }],
        resourceGroup: [{ preventDeletionIfContainsResources: protectData }],
        // The row storage is closed to the deployer: everything about it goes through Azure Resource Manager.
        storage: [{ dataPlaneAvailable: false }],
      },
    ],
  });
}

/** The backend. The local path is relative, so that the output is the same on every machine, and leads out of cdktf.out, which a clean deletes. */
export function keepState(stack: TerraformStack, backend: EnvironmentSettings["backend"]): void {
  const name = stack.node.id;
  if (backend.type === "local") {
    new LocalBackend(stack, { path: `../../../terraform.${name}.tfstate` });
    return;
  }
  new AzurermBackend(stack, {
    resourceGroupName: backend.resourceGroup ?? "",
    storageAccountName: backend.storageAccount ?? "",
    containerName: backend.container ?? "",
    key: backend.key ?? `${name}.tfstate`,
    useAzureadAuth: true,
  });
}
