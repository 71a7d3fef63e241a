/**
 * The stack's skeleton: the same graph with every resource and data source as Terraform's built-in terraform_data, so that Terraform itself can
 * be asked without any download. It finds undeclared references, cycles, wrong use of functions, failing validations, ephemeral values in the
 * wrong place and bad outputs. It knows nothing about Azure's arguments.
 */
import type { Block, Json, Stack } from "./synthesized.js";

/** Arguments of Terraform itself, not of the resource. */
const META = new Set(["//", "lifecycle", "depends_on", "provisioner", "connection", "provider", "count", "for_each"]);
const REFERENCE = /(?<![\w.])(data\.)?(azurerm_\w+|terraform_data)\.([A-Za-z][\w-]*)((?:\.\w+|\[\d+\])+)/g;

/** Contents of main.tf.json. */
export function skeletonOf(stack: Stack): Block {
  const made: Record<string, Json> = {};
  for (const [kind, types] of [["resource", stack.resource], ["data", stack.data]] as const) {
    for (const [type, blocks] of Object.entries(types ?? {})) {
      for (const [name, block] of Object.entries(blocks)) made[nameOf(kind === "data", type, name)] = boneOf(block);
    }
  }
  // The provider's own arguments, for their references.
  made["provider"] = { input: rewritten(stack.provider["azurerm"] ?? []) };
  return {
    terraform: { required_version: stack.terraform["required_version"] ?? null },
    variable: strip(stack.variable),
    output: strip(rewritten(stack.output)),
    resource: { terraform_data: made },
  };
}

function nameOf(isData: boolean, type: string, name: string): string {
  return `${isData ? "data__" : ""}${type}__${name}`;
}

function boneOf(block: Block): Block {
  const dependsOn = (block["depends_on"] ?? []) as string[];
  const protects = (block["lifecycle"] as Block | undefined)?.["prevent_destroy"] === true;
  return {
    input: rewritten(Object.fromEntries(Object.entries(block).filter(([key]) => !META.has(key) && !isWriteOnly(key)))),
    ...(dependsOn.length > 0 && { depends_on: dependsOn.map(dependency) }),
    ...(protects && { lifecycle: { prevent_destroy: true } }),
  };
}

/** Write-only arguments take ephemeral values, which terraform_data cannot hold. */
function isWriteOnly(key: string): boolean {
  return key.endsWith("_wo");
}

function dependency(address: string): string {
  const [first, second, third] = address.split(".");
  return `terraform_data.${first === "data" ? nameOf(true, second!, third!) : nameOf(false, first!, second!)}`;
}

/** References to attributes become references to the skeleton's; what only Azure computes is "computed". */
function rewritten(json: Json): Json {
  if (typeof json === "string") {
    return json.replaceAll(/\$\{[^}]*\}/g, (expression) =>
      expression.replaceAll(REFERENCE, (_, data: string | undefined, type: string, name: string, path: string) => `try(terraform_data.${nameOf(data !== undefined, type, name)}.output${path}, "computed")`),
    );
  }
  if (Array.isArray(json)) return json.map(rewritten);
  if (json === null || typeof json !== "object") return json;
  return Object.fromEntries(Object.entries(json).filter(([key]) => key !== "//").map(([key, value]) => [key, rewritten(value)]));
}

function strip(json: Json): Json {
  if (Array.isArray(json)) return json.map(strip);
  if (json === null || typeof json !== "object") return json;
  return Object.fromEntries(Object.entries(json).filter(([key]) => key !== "//").map(([key, value]) => [key, strip(value)]));
}
