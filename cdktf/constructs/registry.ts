/* oxlint-disable no-new -- in the CDK, making a construct is what adds it to the stack */
/** Where the image comes from: a public registry, one that exists, or one of this stack. */
import { ContainerRegistry } from "@cdktf/provider-azurerm/lib/container-registry/index.js";
import { DataAzurermContainerRegistry } from "@cdktf/provider-azurerm/lib/data-azurerm-container-registry/index.js";
import { RoleAssignment } from "@cdktf/provider-azurerm/lib/role-assignment/index.js";
import type { UserAssignedIdentity } from "@cdktf/provider-azurerm/lib/user-assigned-identity/index.js";
import { Construct } from "constructs";
import type { EnvironmentSettings } from "../environment-settings.js";
import type { Network } from "./network.js";
import { PrivateLink } from "./private-link.js";
import { placeOf, type Surroundings } from "./surroundings.js";

export interface RegistryProps extends Surroundings {
  readonly network: Network;
  readonly settings: EnvironmentSettings["registry"];
  /** Identity that pulls. */
  readonly identity: UserAssignedIdentity;
}

export class Registry extends Construct {
  /** Host of the registry; absent with a public image. */
  readonly loginServer: string | undefined;
  readonly grants: readonly RoleAssignment[];

  constructor(scope: Construct, id: string, props: RegistryProps) {
    super(scope, id);
    const registry = this.registry(props);
    this.loginServer = registry?.loginServer;
    this.grants = registry
      ? [new RoleAssignment(this, "pull", { scope: registry.id, roleDefinitionName: "AcrPull", principalId: props.identity.principalId, principalType: "ServicePrincipal" })]
      : [];
  }

  private registry(props: RegistryProps): ContainerRegistry | DataAzurermContainerRegistry | undefined {
    const { settings, names, network } = props;
    if (settings.mode === "none") return undefined;
    if (settings.mode === "existing") {
      return new DataAzurermContainerRegistry(this, "existing", { name: settings.name ?? "", resourceGroupName: settings.resourceGroup ?? "" });
    }
    const created = new ContainerRegistry(this, "Resource", {
      ...placeOf(props),
      name: names.registry,
      // A private endpoint is to be had with Premium only.
      sku: settings.private ? "Premium" : "Standard",
      adminEnabled: false,
      anonymousPullEnabled: false,
      publicNetworkAccessEnabled: !settings.private,
    });
    if (settings.private) new PrivateLink(this, "link", { ...props, network, kind: "registry", targetId: created.id });
    return created;
  }
}
