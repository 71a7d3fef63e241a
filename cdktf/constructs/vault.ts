/** Key Vault: where every secret lives. Closed by default, reached by a private endpoint, one grant per secret. */
import { KeyVaultSecret } from "@cdktf/provider-azurerm/lib/key-vault-secret/index.js";
import { KeyVault } from "@cdktf/provider-azurerm/lib/key-vault/index.js";
import { RoleAssignment } from "@cdktf/provider-azurerm/lib/role-assignment/index.js";
import type { UserAssignedIdentity } from "@cdktf/provider-azurerm/lib/user-assigned-identity/index.js";
import type { TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import type { Network } from "./network.js";
import { PrivateLink } from "./private-link.js";
import { RoleSpread } from "./role-spread.js";
import { placeOf, type Surroundings } from "./surroundings.js";

export interface VaultProps extends Surroundings {
  readonly network: Network;
  readonly tenantId: string;
  readonly deployerCidrs: readonly string[];
  /** Object id of the principal that is given the right to write secrets; none is when it has it already. */
  readonly deployerObjectId?: string;
  readonly roleWaitSeconds: number;
  readonly secretsVersion: TerraformVariable;
}

export class Vault extends Construct {
  readonly vault: KeyVault;
  /** Every grant made by grantRead. */
  readonly grants: RoleAssignment[] = [];
  private readonly link: PrivateLink;
  private readonly deployer: RoleSpread;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: VaultProps,
  ) {
    super(scope, id);
    this.vault = new KeyVault(this, "Resource", {
      ...placeOf(props),
      name: props.names.keyVault,
      tenantId: props.tenantId,
      skuName: "standard",
      rbacAuthorizationEnabled: true,
      purgeProtectionEnabled: true,
      softDeleteRetentionDays: 90,
      // With no address to let in, the vault is reached through the private endpoint only.
      publicNetworkAccessEnabled: props.deployerCidrs.length > 0,
      networkAcls: { defaultAction: "Deny", bypass: "AzureServices", ipRules: [...props.deployerCidrs] },
      lifecycle: { preventDestroy: props.protectData },
    });
    this.link = new PrivateLink(this, "link", { ...props, kind: "vault", targetId: this.vault.id });
    this.deployer = new RoleSpread(this, "deployer_spread", this.grantDeployer(), props.roleWaitSeconds);
  }

  /** Writes the variable's value write-only: it is in neither state nor plan. */
  addSecret(name: string, variable: TerraformVariable, contentType: string): KeyVaultSecret {
    return new KeyVaultSecret(this, name, {
      name,
      keyVaultId: this.vault.id,
      valueWo: variable.stringValue,
      valueWoVersion: this.props.secretsVersion.numberValue,
      contentType,
      tags: this.props.tags,
      dependsOn: [...this.deployer.done, this.link.endpoint],
      // A version that somebody sets by hand, to rotate, has neither: that is no drift.
      lifecycle: { ignoreChanges: ["content_type", "tags"] },
    });
  }

  /** Lets the identity read this one secret, all its versions. */
  grantRead(secret: KeyVaultSecret, identity: UserAssignedIdentity): void {
    this.grants.push(
      new RoleAssignment(this, `${secret.node.id}_reader`, {
        scope: secret.resourceVersionlessId,
        roleDefinitionName: "Key Vault Secrets User",
        principalId: identity.principalId,
        principalType: "ServicePrincipal",
      }),
    );
  }

  private grantDeployer(): RoleAssignment[] {
    const { deployerObjectId } = this.props;
    if (deployerObjectId === undefined) return [];
    return [new RoleAssignment(this, "deployer", { scope: this.vault.id, roleDefinitionName: "Key Vault Secrets Officer", principalId: deployerObjectId })];
  }
}
