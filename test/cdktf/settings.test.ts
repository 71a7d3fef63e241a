import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { settingsFiles } from "../../cdktf/synthesize.js";
import { RULES } from "../../cdktf/settings-rules.js";
import { parseSettings, readSettings } from "../../cdktf/settings.js";
import { SettingsError, type Problem } from "../../cdktf/settings-problems.js";

const GOOD = { profile: "small", workload: "mtc", environment: "test", location: "westeurope", alerts: { emails: ["a@example.com"] } };

function problemsOf(over: object): readonly Problem[] {
  try {
    parseSettings({ ...GOOD, ...over });
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.problems;
  }
  return [];
}

/** One failing example for each rule, by the rule's name: settings, field of the problem, a word of the message. */
const FAILING: Readonly<Record<string, readonly { over: object; field: string; says: RegExp }[]>> = {
  "memory-follows-cpu": [{ over: { app: { cpu: 1, memoryGi: 7 } }, field: "/app/memoryGi", says: /2 GiB per vCPU/ }],
  "replicas-in-order": [{ over: { app: { replicasMin: 2 } }, field: "/app/replicasMin", says: /more than replicasMax/ }],
  "never-zero-replicas": [{ over: { app: { replicasMin: 0 } }, field: "/app/replicasMin", says: /timers/ }],
  "one-active-replica": [{ over: { app: { replicasMax: 2 } }, field: "/app/replicasMax", says: /several replicas polling side by side come in a later step/ }],
  "burstable-has-no-standby": [{ over: { database: { zoneRedundant: true } }, field: "/database/zoneRedundant", says: /burstable/ }],
  "address-space": [
    { over: { network: { addressSpace: "10.0.0.0/25" } }, field: "/network/addressSpace", says: /too small for the three subnets/ },
    { over: { network: { addressSpace: "10.0.0.0/8" } }, field: "/network/addressSpace", says: /larger than/ },
    { over: { network: { addressSpace: "10.0.1.0/22" } }, field: "/network/addressSpace", says: /first address/ },
    { over: { network: { addressSpace: "8.8.0.0/22" } }, field: "/network/addressSpace", says: /private/ },
    { over: { network: { addressSpace: "172.30.4.0/22" } }, field: "/network/addressSpace", says: /Container Apps keeps/ },
    { over: { network: { addressSpace: "10.300.0.0/22" } }, field: "/network/addressSpace", says: /no IPv4/ },
  ],
  "cidrs-are-addresses": [
    { over: { ingress: { allowCidrs: ["203.0.113.9/24"] } }, field: "/ingress/allowCidrs/0", says: /first address/ },
    { over: { ingress: { denyCidrs: ["999.0.0.1"] } }, field: "/ingress/denyCidrs/0", says: /IPv4/ },
    { over: { deployerCidrs: ["203.0.113.9/33"] }, field: "/deployerCidrs/0", says: /IPv4/ },
  ],
  "deployer-is-public": [{ over: { deployerCidrs: ["203.0.113.7/32", "10.1.2.3/32"] }, field: "/deployerCidrs/1", says: /private/ }],
  "deployer-is-somebody": [{ over: { deployerCidrs: ["0.0.0.0/0"] }, field: "/deployerCidrs", says: /internet/ }],
  "named-deployer-is-granted": [{ over: { grantDeployer: false, deployerObjectId: "6f1c5d1e-7a0b-4f0e-9b51-0d5f6a1f2b3c" }, field: "/deployerObjectId", says: /grantDeployer is false/ }],
  "tags-are-azures": [
    { over: { tags: { Environment: "x" } }, field: "/tags/Environment", says: /stack sets by itself/ },
    { over: { tags: { owner: "x", Owner: "y" } }, field: "/tags/Owner", says: /ignores case/ },
    { over: { tags: { azureThing: "x" } }, field: "/tags/azureThing", says: /keeps for itself/ },
  ],
  "allow-or-deny": [{ over: { ingress: { allowCidrs: ["203.0.113.0/24"], denyCidrs: ["198.51.100.0/24"] } }, field: "/ingress", says: /only one kind/ }],
  "external-is-restricted": [{ over: { ingress: { exposure: "external" } }, field: "/ingress/allowCidrs", says: /whole internet/ }],
  "names-fit": [
    { over: { workload: "abcdefghij", environment: "production".slice(0, 8) }, field: "/names/keyVault", says: /Azure allows 24/ },
    { over: { workload: "abcdefghij", environment: "abcdefgh", names: { keyVault: "kv-a" }, outputs: { storage: {} } }, field: "/names/storageAccount", says: /Azure allows 24/ },
  ],
  "registry-fits-mode": [
    { over: { registry: { mode: "existing", resourceGroup: "rg-shared" } }, field: "/registry/name", says: /missing/ },
    { over: { registry: { mode: "existing", name: "crshared" } }, field: "/registry/resourceGroup", says: /missing/ },
    { over: { registry: { mode: "create", name: "crshared" } }, field: "/registry", says: /does not use/ },
    { over: { registry: { mode: "none", private: true } }, field: "/registry/private", says: /that the stack creates/ },
  ],
  "backend-fits-type": [
    { over: { backend: { type: "azurerm", resourceGroup: "rg", storageAccount: "sttf" } }, field: "/backend/container", says: /missing/ },
    { over: { backend: { type: "local", container: "state" } }, field: "/backend/container", says: /not used/ },
  ],
  "protected-state-is-shared": [{ over: { protectData: true }, field: "/backend/type", says: /state lost/ }],
  "secret-names-are-free": [{ over: { secrets: ["access-key"] }, field: "/secrets/0", says: /collector itself/ }],
};

/** What the schema refuses: settings, field, a part of message and remedy together. */
const REFUSED: readonly { over: object; field: string; says: RegExp }[] = [
  { over: { locaton: "x" }, field: "/locaton", says: /not a setting\. Did you mean "location"/ },
  { over: { app: { memoryGB: 1 } }, field: "/app/memoryGB", says: /Did you mean "memoryGi"/ },
  { over: { zzz: 1 }, field: "/zzz", says: /Known here: .*profile/ },
  { over: { profile: "large" }, field: "/profile", says: /small, standard/ },
  { over: { workload: "My-Workload" }, field: "/workload", says: /lower-case/ },
  { over: { alerts: { emails: [] } }, field: "/alerts/emails", says: /1 to 20/ },
  { over: { alerts: {} }, field: "/alerts/emails", says: /missing/ },
  { over: { app: { cpu: 0.3 } }, field: "/app/cpu", says: /steps of 0.25/ },
  { over: { database: { backupDays: 3 } }, field: "/database/backupDays", says: /7 to 35/ },
  { over: { database: { storageMb: 1000 } }, field: "/database/storageMb", says: /32768/ },
  { over: { database: { administrators: [{ objectId: "x", name: "y", type: "Group" }] } }, field: "/database/administrators/0/objectId", says: /GUID/ },
  { over: { budget: { amount: 1, startMonth: "2026-13" } }, field: "/budget/startMonth", says: /YYYY-MM/ },
  { over: { secrets: ["Bad_Name"] }, field: "/secrets/0", says: /lower-case/ },
  { over: { deployerCidrs: ["everywhere"] }, field: "/deployerCidrs/0", says: /IPv4/ },
  { over: { deployerObjectId: "me" }, field: "/deployerObjectId", says: /GUID/ },
  { over: { tags: { "cost center": "4711" } }, field: "/tags/cost center", says: /not a name.*letters, digits/ },
  // Key Vault takes 15 tags on a secret (the provider checks), Azure's DNS zones no more either; three are ours.
  { over: { tags: Object.fromEntries(Array.from({ length: 13 }, (_, index) => [`tag${index}`, "x"])) }, field: "/tags", says: /at most 12/ },
];

describe("Azure settings", () => {
  it("accepts the smallest file and every example", () => {
    assert.deepEqual(problemsOf({}), []);
    assert.deepEqual(
      settingsFiles().map((file) => readSettings(file).profile),
      ["small", "standard"],
    );
  });

  it("has a failing example for every rule", () => {
    assert.deepEqual(Object.keys(FAILING).toSorted(), RULES.map((rule) => rule.name).toSorted());
  });

  for (const [rule, examples] of Object.entries(FAILING)) {
    for (const { over, field, says } of examples) {
      it(`${rule}: refuses ${JSON.stringify(over)}`, () => {
        const problem = problemsOf(over).find((candidate) => candidate.field === field);
        assert.ok(problem, `no problem at ${field}: ${JSON.stringify(problemsOf(over))}`);
        assert.match(problem.message, says);
        assert.ok(problem.remedy.length > 5, "no remedy");
      });
    }
  }

  for (const { over, field, says } of REFUSED) {
    it(`schema: refuses ${JSON.stringify(over)}`, () => {
      const problem = problemsOf(over).find((candidate) => candidate.field === field);
      assert.ok(problem, `no problem at ${field}: ${JSON.stringify(problemsOf(over))}`);
      assert.match(`${problem.message} ${problem.remedy}`, says);
    });
  }

  it("tells all problems at once, of schema and of rules", () => {
    const fields = problemsOf({ location: "West Europe", app: { cpu: 1, memoryGi: 1 }, backend: { type: "azurerm" } }).map((problem) => problem.field);
    assert.deepEqual(fields.toSorted(), ["/app/memoryGi", "/backend/container", "/backend/resourceGroup", "/backend/storageAccount", "/location"]);
  });

  it("tells a wrong name once", () => {
    assert.deepEqual(problemsOf({ tags: { "a b": "x" } }).map((problem) => problem.field), ["/tags/a b"]);
  });

  it("asks no rule about a part of the wrong shape", () => {
    assert.deepEqual(problemsOf({ app: "large" }).map((problem) => problem.field), ["/app"]);
    assert.throws(() => parseSettings(null), SettingsError);
    assert.throws(() => parseSettings([]), SettingsError);
  });

  it("names the file in the message", () => {
    assert.throws(() => readSettings("/nowhere/prod.json"), /\/nowhere\/prod\.json:\n.*cannot be read/);
  });

  it("fills in the profile, and what is given wins", () => {
    const small = parseSettings(GOOD);
    assert.deepEqual([small.database.sku, small.database.backupDays, small.protectData], ["B_Standard_B1ms", 14, false]);
    const standard = parseSettings({ ...GOOD, profile: "standard", protectData: false, database: { backupDays: 7 }, outputs: { eventHubs: { partitions: 8 } } });
    assert.deepEqual([standard.database.zoneRedundant, standard.database.backupDays, standard.app.memoryGi], [true, 7, 2]);
    assert.deepEqual(standard.outputs, { eventHubs: { partitions: 8, retentionDays: 7 } });
  });

  it("is documented: the guide's table has every setting, in the schema's words", () => {
    interface Part {
      readonly description: string;
      readonly properties?: Readonly<Record<string, Part>>;
    }
    const { properties } = JSON.parse(readFileSync(new URL("../../schema/azure-settings.schema.json", import.meta.url), "utf8")) as { properties: Record<string, Part> };
    const guide = readFileSync(new URL("../../docs/deploy-azure.md", import.meta.url), "utf8");
    const rows = Object.entries(properties).flatMap(([name, part]) => (part.properties ? Object.entries(part.properties).map(([inner, field]) => `| \`${name}.${inner}\` | ${field.description}`) : [`| \`${name}\` | ${part.description}`]));
    assert.ok(rows.length > 40);
    assert.deepEqual(rows.filter((row) => !row.startsWith("| `$schema`") && !guide.includes(row)), []);
  });

});
