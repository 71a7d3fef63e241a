/** The only file that writes Terraform which the CDK cannot say by itself. */
import { TerraformResource, type ITerraformDependable, type TerraformStack, type TerraformVariable } from "cdktf";
import type { Construct } from "constructs";

/** Marks a variable as ephemeral: its value reaches neither state nor plan. Terraform 1.10 or newer; cdktf 0.21 has no option for it. */
export function makeEphemeral(variable: TerraformVariable): TerraformVariable {
  variable.addOverride("ephemeral", true);
  return variable;
}

/** Refuses older Terraform. Write-only arguments (value_wo) need 1.11. */
export function requireTerraform(stack: TerraformStack, version: string): void {
  stack.addOverride("terraform.required_version", version);
}

/**
 * A pause that runs when `triggers` change, as Terraform's built-in terraform_data: no further provider, and Node is always there in a CDKTF pipeline.
 * Not cdktf's own DataResource, because that one refuses to synthesize on a machine without the terraform command.
 */
export function pause(scope: Construct, id: string, waitSeconds: number, triggers: Readonly<Record<string, string>>, after: readonly ITerraformDependable[]): TerraformResource {
  const resource = new TerraformResource(scope, id, {
    terraformResourceType: "terraform_data",
    provisioners: [{ type: "local-exec", command: `node -e "setTimeout(() => {}, ${waitSeconds * 1000})"` }],
    dependsOn: [...after],
  });
  resource.addOverride("triggers_replace", triggers);
  return resource;
}
