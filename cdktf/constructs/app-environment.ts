/* oxlint-disable no-new -- in the CDK, making a construct is what adds it to the stack */
/** The Container App environment: where the app runs, its logs, and its name in the network. */
import { ContainerAppEnvironment } from "@cdktf/provider-azurerm/lib/container-app-environment/index.js";
import { PrivateDnsARecord } from "@cdktf/provider-azurerm/lib/private-dns-a-record/index.js";
import { Construct } from "constructs";
import type { Monitoring } from "./monitoring.js";
import type { Network } from "./network.js";
import { placeOf, type Surroundings } from "./surroundings.js";

export interface AppEnvironmentProps extends Surroundings {
  readonly network: Network;
  readonly monitoring: Monitoring;
  readonly internal: boolean;
  readonly zoneRedundant: boolean;
}

/** The only profile of a consumption environment; the name is prescribed. */
export const WORKLOAD_PROFILE = "Consumption";

const DNS_TTL_S = 300;

export class AppEnvironment extends Construct {
  readonly environment: ContainerAppEnvironment;

  constructor(scope: Construct, id: string, props: AppEnvironmentProps) {
    super(scope, id);
    const { network, monitoring, internal } = props;
    this.environment = new ContainerAppEnvironment(this, "Resource", {
      ...placeOf(props),
      name: props.names.of("cae"),
      infrastructureSubnetId: network.apps.id,
      internalLoadBalancerEnabled: internal,
      publicNetworkAccess: internal ? "Disabled" : "Enabled",
      zoneRedundancyEnabled: props.zoneRedundant,
      workloadProfile: [{ name: WORKLOAD_PROFILE, workloadProfileType: "Consumption" }],
      logsDestination: "azure-monitor",
      ...(network.settled.apps.length > 0 && { dependsOn: [...network.settled.apps] }),
      // Azure chooses the name of the platform's own group; taking it back would replace the environment.
      lifecycle: { ignoreChanges: ["infrastructure_resource_group_name"] },
    });
    monitoring.audit("environment_logs", this.environment.id, { categories: ["ContainerAppConsoleLogs", "ContainerAppSystemLogs"] });
    if (internal) this.nameInNetwork(props);
  }

  /** Without it nobody in the network can resolve an app of an internal environment. */
  private nameInNetwork({ network, group, tags }: AppEnvironmentProps): void {
    const { zone } = network.linkZone("apps", this.environment.defaultDomain);
    new PrivateDnsARecord(this, "wildcard", { name: "*", zoneName: zone.name, resourceGroupName: group.name, ttl: DNS_TTL_S, records: [this.environment.staticIpAddress], tags });
  }
}
