/** A wait after new role assignments: they take minutes to spread in Azure, and what is created with them at once fails with 403. */
import type { RoleAssignment } from "@cdktf/provider-azurerm/lib/role-assignment/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { pause } from "../overrides.js";

export class RoleSpread extends Construct {
  /** What has to exist before the grants are used. */
  readonly done: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, grants: readonly RoleAssignment[], waitSeconds: number) {
    super(scope, id);
    if (waitSeconds === 0 || grants.length === 0) {
      this.done = grants;
      return;
    }
    // Waits again when a grant is added or replaced.
    const triggers = Object.fromEntries(grants.map((grant) => [grant.node.id, grant.id]));
    this.done = [...grants, pause(this, "Resource", waitSeconds, triggers, grants)];
  }
}
