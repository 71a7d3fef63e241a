/** What a schema cannot say: rules between fields, and rules of Azure that only its API would report, at the end of a long deploy. */
import { contains, isAligned, overlaps, parseCidr, type Cidr } from "./address-plan.js";
import { composedLengths } from "./naming.js";
import type { EnvironmentSettings } from "./environment-settings.js";
import type { Problem } from "./settings-problems.js";

/** One rule. `reads` names the top-level settings it looks at: it is asked only when these have the right shape. */
export interface Rule {
  readonly name: string;
  readonly reads: readonly (keyof EnvironmentSettings)[];
  readonly check: (settings: EnvironmentSettings) => Problem[];
}

const cidr = (text: string): Cidr => parseCidr(text)!;
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(cidr);
/** Ranges that Container Apps keeps for itself (Microsoft: "Networking in Azure Container Apps environment", subnet address range restrictions). */
const RESERVED = ["169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24", "100.100.0.0/16"].map(cidr);

const when = (bad: boolean, field: string, message: string, remedy: string): Problem[] => (bad ? [{ field, message, remedy }] : []);

export const RULES: readonly Rule[] = [
  {
    name: "memory-follows-cpu",
    reads: ["app"],
    check: ({ app }) => when(app.memoryGi !== app.cpu * 2, "/app/memoryGi", `is ${app.memoryGi}, but Container Apps gives 2 GiB per vCPU and nothing else.`, `Write ${app.cpu * 2} for ${app.cpu} vCPU.`),
  },
  {
    name: "replicas-in-order",
    reads: ["app"],
    check: ({ app }) => when(app.replicasMin > app.replicasMax, "/app/replicasMin", `is ${app.replicasMin} and more than replicasMax ${app.replicasMax}.`, "Write a smaller number here or a larger one there."),
  },
  {
    name: "never-zero-replicas",
    reads: ["app"],
    check: ({ app }) => when(app.replicasMin === 0, "/app/replicasMin", "is 0, but polling workers are timers: with no replica nothing is collected and nothing wakes it.", "Write 1."),
  },
  {
    name: "one-active-replica",
    reads: ["app"],
    check: ({ app }) => when(app.replicasMax > 1, "/app/replicasMax", `is ${app.replicasMax}, but several replicas polling side by side come in a later step: until then they would wait for each other or read twice.`, "Write 1."),
  },
  {
    name: "burstable-has-no-standby",
    reads: ["database"],
    check: ({ database }) => when(database.zoneRedundant && database.sku.startsWith("B_"), "/database/zoneRedundant", `needs a general purpose or memory optimized size, ${database.sku} is burstable.`, "Choose a GP_ or MO_ sku, or write false."),
  },
  { name: "address-space", reads: ["network"], check: ({ network }) => addressSpaceProblems(network.addressSpace) },
  {
    name: "cidrs-are-addresses",
    reads: ["deployerCidrs", "ingress"],
    check: ({ deployerCidrs, ingress }) => [
      ...rangeProblems("/deployerCidrs", deployerCidrs),
      ...rangeProblems("/ingress/allowCidrs", ingress.allowCidrs),
      ...rangeProblems("/ingress/denyCidrs", ingress.denyCidrs),
    ],
  },
  {
    name: "deployer-is-public",
    reads: ["deployerCidrs"],
    check: ({ deployerCidrs }) =>
      deployerCidrs.flatMap((text, index) => {
        const range = parseCidr(text);
        return when(range !== undefined && PRIVATE.some((space) => overlaps(space, range)), `/deployerCidrs/${index}`, `${text} is a private range, which Key Vault's firewall refuses.`, "Give the public address the deployer is seen with; from inside the network leave the list empty.");
      }),
  },
  {
    name: "deployer-is-somebody",
    reads: ["deployerCidrs"],
    check: ({ deployerCidrs }) => when(deployerCidrs.some((text) => (parseCidr(text)?.prefix ?? 32) < 8), "/deployerCidrs", "opens the vault's firewall to a large part of the internet.", "Give the deployer's own addresses; from inside the network leave the list empty."),
  },
  {
    name: "named-deployer-is-granted",
    reads: ["grantDeployer", "deployerObjectId"],
    check: ({ grantDeployer, deployerObjectId }) => when(!grantDeployer && deployerObjectId !== undefined, "/deployerObjectId", "names who is granted the right to write secrets, but grantDeployer is false.", "Remove it, or write grantDeployer true."),
  },
  { name: "tags-are-azures", reads: ["tags"], check: tagProblems },
  {
    name: "allow-or-deny",
    reads: ["ingress"],
    check: ({ ingress }) => when(ingress.allowCidrs.length > 0 && ingress.denyCidrs.length > 0, "/ingress", "has both allowCidrs and denyCidrs, but Container Apps takes only one kind.", "Keep one of the two lists."),
  },
  {
    name: "external-is-restricted",
    reads: ["ingress"],
    check: ({ ingress }) => when(ingress.exposure === "external" && ingress.allowCidrs.length === 0, "/ingress/allowCidrs", "is empty, which would show the API to the whole internet.", "List who may connect; 0.0.0.0/0 says that everybody may."),
  },
  { name: "names-fit", reads: ["workload", "environment", "names", "registry", "outputs"], check: nameProblems },
  { name: "registry-fits-mode", reads: ["registry"], check: registryProblems },
  { name: "backend-fits-type", reads: ["backend"], check: backendProblems },
  {
    name: "protected-state-is-shared",
    reads: ["protectData", "backend"],
    check: ({ protectData, backend }) => when(protectData && backend.type === "local", "/backend/type", "is local although protectData is true: with the state lost, the protected resources can be neither changed nor removed.", "Keep the state in a blob (azurerm), or write protectData false."),
  },
  {
    name: "secret-names-are-free",
    reads: ["secrets"],
    check: ({ secrets }) => secrets.flatMap((name, index) => when(OWN_SECRETS.has(name), `/secrets/${index}`, `"${name}" is a secret of the collector itself.`, "Choose another name.")),
  },
];

const OWN_TAGS: ReadonlySet<string> = new Set(["workload", "environment", "managed_by"]);
const RESERVED_TAGS = ["microsoft", "azure", "windows"];
const OWN_SECRETS: ReadonlySet<string> = new Set(["access-key", "encryption-key", "destinations", "database-password"]);

function addressSpaceProblems(text: string): Problem[] {
  const field = "/network/addressSpace";
  const remedy = "Write a private range from /16 to /24, such as 10.60.0.0/22.";
  const space = parseCidr(text);
  if (!space) return [{ field, message: `${text} is no IPv4 range.`, remedy }];
  return [
    ...when(!isAligned(space), field, `${text} does not begin at the first address of its range.`, remedy),
    ...when(space.prefix > 24, field, `${text} is too small for the three subnets (apps, database, private endpoints).`, remedy),
    ...when(space.prefix < 16, field, `${text} is larger than the /16 that can be of use.`, remedy),
    ...when(!PRIVATE.some((range) => contains(range, space)), field, `${text} is not in a private range.`, remedy),
    ...when(RESERVED.some((range) => overlaps(range, space)), field, `${text} overlaps a range that Container Apps keeps for itself.`, remedy),
  ];
}

function rangeProblems(field: string, ranges: readonly string[]): Problem[] {
  return ranges.flatMap((text, index) => {
    const range = parseCidr(text);
    return when(range === undefined || !isAligned(range), `${field}/${index}`, `${text} is no IPv4 range, or does not begin at its first address.`, "Write it as 203.0.113.0/24 or 203.0.113.7/32.");
  });
}

function nameProblems(settings: EnvironmentSettings): Problem[] {
  const { registry, outputs } = settings;
  const used = { registry: registry.mode === "create", storageAccount: outputs.storage !== undefined, eventHubsNamespace: outputs.eventHubs !== undefined };
  return composedLengths(settings)
    .filter((name) => name.length > name.lengthMax && (used as Partial<Record<string, boolean>>)[name.setting] !== false)
    .map((name) => ({
      field: `/names/${name.setting}`,
      message: `would be ${name.length} characters long as ${name.example}, Azure allows ${name.lengthMax}.`,
      remedy: `Shorten workload or environment by ${name.length - name.lengthMax}, or give the name here.`,
    }));
}

/** Azure does not tell tag names apart by case, and keeps some beginnings for itself. */
function tagProblems({ tags }: EnvironmentSettings): Problem[] {
  const names = Object.keys(tags);
  return names.flatMap((name, index) => {
    const lower = name.toLowerCase();
    const twin = names.slice(0, index).find((other) => other.toLowerCase() === lower);
    const field = `/tags/${name}`;
    return [
      ...when(OWN_TAGS.has(lower), field, "is a tag that the stack sets by itself.", "Choose another name."),
      ...when(twin !== undefined, field, `is the same tag as "${twin}" to Azure, which ignores case.`, "Keep one of the two."),
      ...when(RESERVED_TAGS.some((start) => lower.startsWith(start)), field, `begins with a word that Azure keeps for itself (${RESERVED_TAGS.join(", ")}).`, "Choose another name."),
    ];
  });
}

function registryProblems({ registry }: EnvironmentSettings): Problem[] {
  const existing = registry.mode === "existing";
  return [
    ...when(existing && registry.name === undefined, "/registry/name", "is missing: mode is existing.", "Name the registry."),
    ...when(existing && registry.resourceGroup === undefined, "/registry/resourceGroup", "is missing: mode is existing.", "Name its resource group."),
    ...when(!existing && (registry.name !== undefined || registry.resourceGroup !== undefined), "/registry", `has a name or resource group, which mode ${registry.mode} does not use.`, "Remove them (names.registry names a created one), or write mode existing."),
    ...when(registry.private && registry.mode !== "create", "/registry/private", "is only for a registry that the stack creates.", "Remove it, or write mode create."),
  ];
}

function backendProblems({ backend }: EnvironmentSettings): Problem[] {
  const places = ["resourceGroup", "storageAccount", "container"] as const;
  if (backend.type === "local") {
    return [...places, "key" as const].flatMap((place) => when(backend[place] !== undefined, `/backend/${place}`, "is not used by the local backend.", "Remove it, or write type azurerm."));
  }
  return places.flatMap((place) => when(backend[place] === undefined, `/backend/${place}`, "is missing: type is azurerm.", "Name it; docs/deploy-azure.md shows how it is made."));
}
