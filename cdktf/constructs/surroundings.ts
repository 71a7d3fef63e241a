/** What every construct of the stack shares. */
import type { ResourceGroup } from "@cdktf/provider-azurerm/lib/resource-group/index.js";
import type { Names } from "../naming.js";

export interface Surroundings {
  readonly group: ResourceGroup;
  readonly names: Names;
  readonly tags: Record<string, string>;
  /** True refuses to destroy what holds data. */
  readonly protectData: boolean;
}

/** Where a resource is: the arguments that all regional resources take. */
export function placeOf({ group, tags }: Surroundings): { resourceGroupName: string; location: string; tags: Record<string, string> } {
  return { resourceGroupName: group.name, location: group.location, tags };
}
