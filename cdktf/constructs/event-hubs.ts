/* oxlint-disable no-new -- in the CDK, making a construct is what adds it to the stack */
/** An Event Hub for the rows: closed to the internet, without keys; the app's identity may send and nothing else. */
import { EventhubNamespace } from "@cdktf/provider-azurerm/lib/eventhub-namespace/index.js";
import { Eventhub } from "@cdktf/provider-azurerm/lib/eventhub/index.js";
import { RoleAssignment } from "@cdktf/provider-azurerm/lib/role-assignment/index.js";
import type { UserAssignedIdentity } from "@cdktf/provider-azurerm/lib/user-assigned-identity/index.js";
import { Construct } from "constructs";
import type { Network } from "./network.js";
import { PrivateLink } from "./private-link.js";
import { placeOf, type Surroundings } from "./surroundings.js";

export interface EventHubsProps extends Surroundings {
  readonly network: Network;
  readonly identity: UserAssignedIdentity;
  readonly settings: { readonly partitions: number; readonly retentionDays: number };
}

export class EventHubs extends Construct {
  /** Host that the collector sends to. */
  readonly host: string;
  readonly hub: Eventhub;
  readonly grants: readonly RoleAssignment[];

  constructor(scope: Construct, id: string, props: EventHubsProps) {
    super(scope, id);
    const { settings, identity, protectData } = props;
    const namespace = new EventhubNamespace(this, "Resource", {
      ...placeOf(props),
      name: props.names.eventHubsNamespace,
      sku: "Standard",
      capacity: 1,
      localAuthenticationEnabled: false,
      publicNetworkAccessEnabled: false,
      minimumTlsVersion: "1.2",
      lifecycle: { preventDestroy: protectData },
    });
    this.host = `${namespace.name}.servicebus.windows.net`;
    this.hub = new Eventhub(this, "rows", {
      name: "message-traces",
      namespaceId: namespace.id,
      partitionCount: settings.partitions,
      messageRetention: settings.retentionDays,
      lifecycle: { preventDestroy: protectData },
    });
    new PrivateLink(this, "link", { ...props, kind: "event-hubs", targetId: namespace.id });
    this.grants = [new RoleAssignment(this, "sender", { scope: this.hub.id, roleDefinitionName: "Azure Event Hubs Data Sender", principalId: identity.principalId, principalType: "ServicePrincipal" })];
  }
}
