/** The virtual network: three subnets, the database's firewall, private DNS, and a fixed egress address when asked for. */
import { NatGatewayPublicIpAssociation } from "@cdktf/provider-azurerm/lib/nat-gateway-public-ip-association/index.js";
import { NatGateway } from "@cdktf/provider-azurerm/lib/nat-gateway/index.js";
import { NetworkSecurityGroup, type NetworkSecurityGroupSecurityRule } from "@cdktf/provider-azurerm/lib/network-security-group/index.js";
import { PrivateDnsZoneVirtualNetworkLink } from "@cdktf/provider-azurerm/lib/private-dns-zone-virtual-network-link/index.js";
import { PrivateDnsZone } from "@cdktf/provider-azurerm/lib/private-dns-zone/index.js";
import { PublicIp } from "@cdktf/provider-azurerm/lib/public-ip/index.js";
import { SubnetNatGatewayAssociation } from "@cdktf/provider-azurerm/lib/subnet-nat-gateway-association/index.js";
import { SubnetNetworkSecurityGroupAssociation } from "@cdktf/provider-azurerm/lib/subnet-network-security-group-association/index.js";
import { Subnet } from "@cdktf/provider-azurerm/lib/subnet/index.js";
import { VirtualNetwork } from "@cdktf/provider-azurerm/lib/virtual-network/index.js";
import type { ITerraformDependable, TerraformResourceLifecycle } from "cdktf";
import { Construct } from "constructs";
import { parseCidr, planAddresses, type AddressPlan } from "../address-plan.js";
import type { EnvironmentSettings } from "../environment-settings.js";
import { placeOf, type Surroundings } from "./surroundings.js";

export interface NetworkProps extends Surroundings {
  readonly settings: EnvironmentSettings["network"];
}

/** A private DNS zone that the network resolves. `linked` exists when it does. */
export interface LinkedZone {
  readonly zone: PrivateDnsZone;
  readonly linked: PrivateDnsZoneVirtualNetworkLink;
}

export class Network extends Construct {
  readonly apps: Subnet;
  readonly database: Subnet;
  readonly endpoints: Subnet;
  /** The fixed address of outgoing requests, with egress static. */
  readonly egress: PublicIp | undefined;
  /** What has to be settled on a subnet before something is put into it: Azure changes a subnet by one request at a time. */
  readonly settled: { readonly apps: readonly ITerraformDependable[]; readonly database: readonly ITerraformDependable[] };
  private readonly network: VirtualNetwork;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: NetworkProps,
  ) {
    super(scope, id);
    const { settings, names } = props;
    const space = parseCidr(settings.addressSpace);
    if (!space) throw new Error(`${settings.addressSpace} is no IPv4 range`);
    const plan = planAddresses(space);
    this.network = new VirtualNetwork(this, "Resource", { ...placeOf(props), name: names.of("vnet"), addressSpace: [settings.addressSpace] });
    this.apps = this.subnet("apps", plan.apps, "Microsoft.App/environments");
    // PostgreSQL adds the service endpoint of Azure Storage to its subnet by itself; no plan may take it back.
    this.database = this.subnet("database", plan.database, "Microsoft.DBforPostgreSQL/flexibleServers", { ignoreChanges: ["service_endpoints"] });
    this.endpoints = this.subnet("endpoints", plan.endpoints);
    const guarded = this.guardDatabase(plan);
    const egress = settings.egress === "static" ? this.fixEgress() : undefined;
    this.egress = egress?.address;
    this.settled = { apps: egress?.used ?? [], database: [guarded] };
  }

  /** The only place where a zone is linked to the network: azurerm 5 renames these arguments. */
  linkZone(id: string, zoneName: string): LinkedZone {
    const { group, tags } = this.props;
    const zone = new PrivateDnsZone(this, `${id}_zone`, { name: zoneName, resourceGroupName: group.name, tags });
    const linked = new PrivateDnsZoneVirtualNetworkLink(this, `${id}_link`, {
      name: id,
      resourceGroupName: group.name,
      privateDnsZoneName: zone.name,
      virtualNetworkId: this.network.id,
      registrationEnabled: false,
      tags,
    });
    return { zone, linked };
  }

  private subnet(id: string, range: string, delegate?: string, lifecycle?: TerraformResourceLifecycle): Subnet {
    return new Subnet(this, id, {
      name: `snet-${id}`,
      resourceGroupName: this.props.group.name,
      virtualNetworkName: this.network.name,
      addressPrefixes: [range],
      ...(delegate && { delegation: [{ name: id, serviceDelegation: { name: delegate, actions: ["Microsoft.Network/virtualNetworks/subnets/join/action"] } }] }),
      ...(lifecycle && { lifecycle }),
    });
  }

  /** PostgreSQL is reached from the apps, and from its own standby; nobody else in the network. */
  private guardDatabase(plan: AddressPlan): ITerraformDependable {
    const guard = new NetworkSecurityGroup(this, "database_guard", {
      ...placeOf(this.props),
      name: this.props.names.of("nsg-database"),
      securityRule: [
        inbound("allow-apps", 100, { sourceAddressPrefix: plan.apps, destinationPortRange: "5432" }),
        inbound("allow-standby", 110, { sourceAddressPrefix: plan.database, destinationPortRange: "5432" }),
        inbound("deny-network", 4000, { access: "Deny", protocol: "*", sourceAddressPrefix: "VirtualNetwork", destinationPortRange: "*" }),
      ],
    });
    return new SubnetNetworkSecurityGroupAssociation(this, "database_guarded", { subnetId: this.database.id, networkSecurityGroupId: guard.id });
  }

  private fixEgress(): { address: PublicIp; used: ITerraformDependable[] } {
    const { names } = this.props;
    const address = new PublicIp(this, "egress_address", { ...placeOf(this.props), name: names.of("pip-egress"), allocationMethod: "Static", sku: "Standard" });
    const gateway = new NatGateway(this, "egress", { ...placeOf(this.props), name: names.of("ng"), skuName: "Standard", idleTimeoutInMinutes: 4 });
    const addressed = new NatGatewayPublicIpAssociation(this, "egress_addressed", { natGatewayId: gateway.id, publicIpAddressId: address.id });
    const used = new SubnetNatGatewayAssociation(this, "egress_used", { subnetId: this.apps.id, natGatewayId: gateway.id });
    return { address, used: [addressed, used] };
  }
}

function inbound(name: string, priority: number, rule: Partial<NetworkSecurityGroupSecurityRule>): NetworkSecurityGroupSecurityRule {
  return { name, priority, direction: "Inbound", access: "Allow", protocol: "Tcp", sourcePortRange: "*", destinationAddressPrefix: "*", ...rule };
}
