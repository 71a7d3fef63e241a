/* oxlint-disable no-new -- in the CDK, making a construct is what adds it to the stack */
/** A blob container for the rows: closed to the internet, without keys; the app's identity may write in this container only. */
import { RoleAssignment } from "@cdktf/provider-azurerm/lib/role-assignment/index.js";
import { StorageAccount } from "@cdktf/provider-azurerm/lib/storage-account/index.js";
import { StorageContainer } from "@cdktf/provider-azurerm/lib/storage-container/index.js";
import type { UserAssignedIdentity } from "@cdktf/provider-azurerm/lib/user-assigned-identity/index.js";
import { Construct } from "constructs";
import type { Network } from "./network.js";
import { PrivateLink } from "./private-link.js";
import { placeOf, type Surroundings } from "./surroundings.js";

export interface RowStorageProps extends Surroundings {
  readonly network: Network;
  readonly identity: UserAssignedIdentity;
  readonly settings: { readonly replication: string };
}

const UNDELETE_DAYS = 14;

export class RowStorage extends Construct {
  readonly account: StorageAccount;
  readonly container: StorageContainer;
  readonly grants: readonly RoleAssignment[];

  constructor(scope: Construct, id: string, props: RowStorageProps) {
    super(scope, id);
    const { settings, identity, protectData } = props;
    this.account = new StorageAccount(this, "Resource", {
      ...placeOf(props),
      name: props.names.storageAccount,
      accountKind: "StorageV2",
      accountTier: "Standard",
      accountReplicationType: settings.replication,
      minTlsVersion: "TLS1_2",
      httpsTrafficOnlyEnabled: true,
      sharedAccessKeyEnabled: false,
      defaultToOauthAuthentication: true,
      allowNestedItemsToBePublic: false,
      crossTenantReplicationEnabled: false,
      localUserEnabled: false,
      publicNetworkAccessEnabled: false,
      blobProperties: { versioningEnabled: true, deleteRetentionPolicy: { days: UNDELETE_DAYS }, containerDeleteRetentionPolicy: { days: UNDELETE_DAYS } },
      lifecycle: { preventDestroy: protectData },
    });
    this.container = new StorageContainer(this, "rows", { name: "message-traces", storageAccountId: this.account.id, containerAccessType: "private", lifecycle: { preventDestroy: protectData } });
    new PrivateLink(this, "link", { ...props, kind: "blob", targetId: this.account.id });
    this.grants = [new RoleAssignment(this, "writer", { scope: this.container.id, roleDefinitionName: "Storage Blob Data Contributor", principalId: identity.principalId, principalType: "ServicePrincipal" })];
  }
}
