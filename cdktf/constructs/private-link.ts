/** A private endpoint with its DNS zone: how the network reaches an Azure service that is closed to the internet. */
import { PrivateEndpoint } from "@cdktf/provider-azurerm/lib/private-endpoint/index.js";
import { Construct } from "constructs";
import type { Network } from "./network.js";
import { placeOf, type Surroundings } from "./surroundings.js";

export interface PrivateLinkProps extends Surroundings {
  readonly network: Network;
  /** Resource that the endpoint leads to. */
  readonly targetId: string;
  readonly kind: PrivateLinkKind;
}

/** Sub-resource and DNS zone of each service (Microsoft: "Azure Private Endpoint private DNS zone values"). */
const KINDS = {
  vault: { subresource: "vault", zone: "privatelink.vaultcore.azure.net" },
  registry: { subresource: "registry", zone: "privatelink.azurecr.io" },
  "event-hubs": { subresource: "namespace", zone: "privatelink.servicebus.windows.net" },
  blob: { subresource: "blob", zone: "privatelink.blob.core.windows.net" },
} as const;
export type PrivateLinkKind = keyof typeof KINDS;

export class PrivateLink extends Construct {
  readonly endpoint: PrivateEndpoint;

  constructor(scope: Construct, id: string, props: PrivateLinkProps) {
    super(scope, id);
    const { subresource, zone: zoneName } = KINDS[props.kind];
    const { zone, linked } = props.network.linkZone(props.kind, zoneName);
    this.endpoint = new PrivateEndpoint(this, "Resource", {
      ...placeOf(props),
      name: props.names.of(`pe-${props.kind}`),
      subnetId: props.network.endpoints.id,
      privateServiceConnection: {
        name: props.kind,
        privateConnectionResourceId: props.targetId,
        subresourceNames: [subresource],
        isManualConnection: false,
      },
      privateDnsZoneGroup: { name: props.kind, privateDnsZoneIds: [zone.id] },
      dependsOn: [linked],
    });
  }
}
