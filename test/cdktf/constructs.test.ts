import assert from "node:assert/strict";
import { ResourceGroup } from "@cdktf/provider-azurerm/lib/resource-group/index.js";
import { UserAssignedIdentity } from "@cdktf/provider-azurerm/lib/user-assigned-identity/index.js";
import { Testing, TerraformVariable, type TerraformStack } from "cdktf";
import { Alerts } from "../../cdktf/constructs/alerts.js";
import { AppEnvironment } from "../../cdktf/constructs/app-environment.js";
import { Database } from "../../cdktf/constructs/database.js";
import { EventHubs } from "../../cdktf/constructs/event-hubs.js";
import { Inputs } from "../../cdktf/constructs/inputs.js";
import { Monitoring } from "../../cdktf/constructs/monitoring.js";
import { Network } from "../../cdktf/constructs/network.js";
import { Registry } from "../../cdktf/constructs/registry.js";
import { RoleSpread } from "../../cdktf/constructs/role-spread.js";
import { RowStorage } from "../../cdktf/constructs/row-storage.js";
import type { Surroundings } from "../../cdktf/constructs/surroundings.js";
import { Vault } from "../../cdktf/constructs/vault.js";
import { namesFor } from "../../cdktf/naming.js";
import type { DatabaseSettings } from "../../cdktf/environment-settings.js";
import { parseSettings } from "../../cdktf/settings.js";
import type { Block, Json } from "./synthesized.js";

interface Made {
  readonly resource: Record<string, Record<string, Block>>;
  readonly data?: Record<string, Record<string, Block>>;
  readonly variable?: Record<string, Block>;
}

const SETTINGS = parseSettings({ profile: "small", workload: "mtc", environment: "unit", location: "westeurope", alerts: { emails: ["a@example.com"] } });

/** Synthesizes what `make` adds to an empty stack. */
function made(make: (stack: TerraformStack, around: Surroundings) => void): Made {
  const text = Testing.synthScope((scope) => {
    const stack = scope as TerraformStack;
    const names = namesFor(SETTINGS, "00000000-0000-0000-0000-000000000000");
    const group = new ResourceGroup(stack, "group", { name: names.resourceGroup, location: "westeurope" });
    make(stack, { group, names, tags: { workload: "mtc" }, protectData: true });
  });
  return JSON.parse(text) as Made;
}

const counts = (of: Made): Record<string, number> =>
  Object.fromEntries(Object.entries(of.resource).filter(([type]) => type !== "azurerm_resource_group").map(([type, blocks]) => [type.replace("azurerm_", ""), Object.keys(blocks).length]));
const the = (of: Made, type: string): Block => {
  const [block, ...more] = Object.values(of.resource[`azurerm_${type}`] ?? {});
  assert.ok(block && more.length === 0, `${type}: ${Object.keys(of.resource).join(" ")}`);
  return block;
};
const all = (of: Made, type: string): Block[] => Object.values(of.resource[`azurerm_${type}`] ?? {});
const networkOf = (stack: TerraformStack, around: Surroundings): Network => new Network(stack, "network", { ...around, settings: SETTINGS.network });
const identityOf = (stack: TerraformStack, { names, group }: Surroundings): UserAssignedIdentity =>
  new UserAssignedIdentity(stack, "identity", { name: names.of("id"), location: group.location, resourceGroupName: group.name });

describe("constructs of the Azure stack, each alone", () => {
  it("network: three subnets, two of them delegated, the database guarded", () => {
    const network = made((stack, around) => void networkOf(stack, around));
    assert.deepEqual(counts(network), { network_security_group: 1, subnet: 3, subnet_network_security_group_association: 1, virtual_network: 1 });
    assert.deepEqual(all(network, "subnet").flatMap((subnet) => (subnet["address_prefixes"] as Json[]).map(String)).toSorted(), ["10.60.0.0/23", "10.60.2.0/26", "10.60.2.64/26"]);
    // PostgreSQL adds a service endpoint to its own subnet, and to no other.
    assert.deepEqual(all(network, "subnet").filter((subnet) => subnet["lifecycle"]).map((subnet) => [subnet["name"], subnet["lifecycle"]]), [["snet-database", { ignore_changes: ["service_endpoints"] }]]);
    const rules = the(network, "network_security_group")["security_rule"] as Block[];
    assert.deepEqual(rules.map((rule) => [rule["access"], rule["source_address_prefix"], rule["destination_port_range"]]), [["Allow", "10.60.0.0/23", "5432"], ["Allow", "10.60.2.0/26", "5432"], ["Deny", "VirtualNetwork", "*"]]);
  });

  it("network: static egress adds a gateway with one address, used by the apps", () => {
    const network = made((stack, around) => void new Network(stack, "network", { ...around, settings: { ...SETTINGS.network, egress: "static" } }));
    assert.equal(the(network, "public_ip")["sku"], "Standard");
    assert.match(String(the(network, "subnet_nat_gateway_association")["subnet_id"]), /network_apps/);
    assert.ok(the(network, "nat_gateway_public_ip_association"));
  });

  const vault = (over: Partial<ConstructorParameters<typeof Vault>[2]>): Made =>
    made((stack, around) => {
      const version = new TerraformVariable(stack, "secrets_version", { type: "number", default: 1 });
      const made = new Vault(stack, "vault", { ...around, network: networkOf(stack, around), tenantId: "t", deployerCidrs: [], roleWaitSeconds: 60, secretsVersion: version, ...over });
      const secret = made.addSecret("access-key", new TerraformVariable(stack, "access_key", { type: "string" }), "text/plain");
      made.grantRead(secret, identityOf(stack, around));
    });

  it("vault: closed without deployer's addresses, open to these alone with them", () => {
    assert.equal(the(vault({}), "key_vault")["public_network_access_enabled"], false);
    const open = the(vault({ deployerCidrs: ["203.0.113.7/32"] }), "key_vault");
    assert.equal(open["public_network_access_enabled"], true);
    assert.deepEqual(open["network_acls"], { bypass: "AzureServices", default_action: "Deny", ip_rules: ["203.0.113.7/32"] });
  });

  it("vault: secrets wait for the deployer's role when it is granted", () => {
    const granted = vault({ deployerObjectId: "00000000-0000-0000-0000-000000000001" });
    assert.deepEqual(all(granted, "role_assignment").map((grant) => grant["role_definition_name"]).toSorted(), ["Key Vault Secrets Officer", "Key Vault Secrets User"]);
    assert.match(JSON.stringify(the(granted, "key_vault_secret")["depends_on"]), /terraform_data\.vault_deployer_spread/);
    const left = vault({});
    assert.equal(all(left, "role_assignment").length, 1);
    assert.equal(left.resource["terraform_data"], undefined);
  });

  it("vault: a version that is set by hand, without our tags, is no drift", () => {
    assert.deepEqual((the(vault({}), "key_vault_secret")["lifecycle"] as Block)["ignore_changes"], ["content_type", "tags"]);
  });

  it("vault: no wait when it is switched off", () => {
    const quick = vault({ deployerObjectId: "00000000-0000-0000-0000-000000000001", roleWaitSeconds: 0 });
    assert.equal(quick.resource["terraform_data"], undefined);
    assert.match(JSON.stringify(the(quick, "key_vault_secret")["depends_on"]), /azurerm_role_assignment\.vault_deployer/);
  });

  const database = (settings: Partial<DatabaseSettings>, password = false): Made =>
    made((stack, around) => {
      const value = new TerraformVariable(stack, "database_password", { type: "string" });
      const version = new TerraformVariable(stack, "secrets_version", { type: "number" });
      void new Database(stack, "database", { ...around, network: networkOf(stack, around), identity: identityOf(stack, around), tenantId: "t", settings: { ...SETTINGS.database, ...settings }, ...(password && { password: { value, version } }) });
    });

  it("database: Entra only, the app's identity administers it, no password anywhere", () => {
    const plain = database({});
    const server = the(plain, "postgresql_flexible_server");
    assert.deepEqual(server["authentication"], { active_directory_auth_enabled: true, password_auth_enabled: false, tenant_id: "t" });
    for (const argument of ["administrator_login", "administrator_password", "administrator_password_wo"]) assert.equal(server[argument], undefined, argument);
    assert.match(String(the(plain, "postgresql_flexible_server_active_directory_administrator")["object_id"]), /identity\.principal_id/);
    assert.equal(server["high_availability"], undefined);
    assert.deepEqual((server["lifecycle"] as Block)["ignore_changes"], ["zone", "storage_mb"]);
  });

  it("database: a standby in another zone, and what Azure moves is left alone", () => {
    const server = the(database({ sku: "GP_Standard_D2ds_v5", zoneRedundant: true }), "postgresql_flexible_server");
    assert.deepEqual(server["high_availability"], { mode: "ZoneRedundant" });
    assert.ok(((server["lifecycle"] as Block)["ignore_changes"] as Json[]).includes("high_availability[0].standby_availability_zone"));
  });

  it("database: with a password it is write-only, and the app is no administrator by identity", () => {
    const with_ = database({ login: "password" }, true);
    const server = the(with_, "postgresql_flexible_server");
    assert.equal(server["administrator_password"], undefined);
    assert.equal(server["administrator_password_wo"], "${var.database_password}");
    assert.equal(server["administrator_password_wo_version"], "${var.secrets_version}");
    assert.equal(all(with_, "postgresql_flexible_server_active_directory_administrator").length, 0);
  });

  it("database: further administrators come one after the other", () => {
    const person = { objectId: "6f1c5d1e-7a0b-4f0e-9b51-0d5f6a1f2b3c", name: "people", type: "Group" } as const;
    const made = database({ administrators: [person] });
    const [app, people] = ["ServicePrincipal", "Group"].map((type) => all(made, "postgresql_flexible_server_active_directory_administrator").find((admin) => admin["principal_type"] === type));
    assert.equal(app?.["depends_on"], undefined);
    assert.match(JSON.stringify(people?.["depends_on"]), /app_administrator/);
  });

  const registry = (settings: Partial<typeof SETTINGS.registry>): Made =>
    made((stack, around) => void new Registry(stack, "registry", { ...around, network: networkOf(stack, around), identity: identityOf(stack, around), settings: { ...SETTINGS.registry, ...settings } }));

  it("registry: none, existing, created, created and private", () => {
    assert.deepEqual(all(registry({}), "role_assignment"), []);
    const existing = registry({ mode: "existing", name: "crshared", resourceGroup: "rg-shared" });
    assert.match(String(the(existing, "role_assignment")["scope"]), /^\$\{data\.azurerm_container_registry\./);
    assert.equal(existing.resource["azurerm_container_registry"], undefined);
    const created = registry({ mode: "create" });
    assert.equal(the(created, "container_registry")["sku"], "Standard");
    assert.equal(created.resource["azurerm_private_endpoint"], undefined);
    const closed = registry({ mode: "create", private: true });
    assert.deepEqual([the(closed, "container_registry")["sku"], the(closed, "container_registry")["public_network_access_enabled"]], ["Premium", false]);
    assert.deepEqual((the(closed, "private_endpoint")["private_service_connection"] as Block)["subresource_names"], ["registry"]);
  });

  it("environment: internal has a name in the network and no public access, external the reverse", () => {
    const environment = (internal: boolean): Made =>
      made((stack, around) => {
        const monitoring = new Monitoring(stack, "monitoring", { ...around, settings: SETTINGS.logs });
        void new AppEnvironment(stack, "apps", { ...around, network: networkOf(stack, around), monitoring, internal, zoneRedundant: true });
      });
    const internal = environment(true);
    assert.deepEqual([the(internal, "container_app_environment")["internal_load_balancer_enabled"], the(internal, "container_app_environment")["public_network_access"]], [true, "Disabled"]);
    assert.equal(the(internal, "private_dns_a_record")["name"], "*");
    assert.match(String(the(internal, "private_dns_zone")["name"]), /default_domain/);
    const external = environment(false);
    assert.deepEqual([the(external, "container_app_environment")["internal_load_balancer_enabled"], the(external, "container_app_environment")["public_network_access"]], [false, "Enabled"]);
    assert.deepEqual(all(external, "private_dns_a_record"), []);
    assert.equal(the(external, "container_app_environment")["log_analytics_workspace_id"], undefined, "not together with azure-monitor");
  });

  it("monitoring: audits by group or by category", () => {
    const monitoring = made((stack, around) => {
      const logs = new Monitoring(stack, "monitoring", { ...around, settings: SETTINGS.logs });
      logs.audit("a", "id-a", { group: "audit" });
      logs.audit("b", "id-b", { categories: ["X", "Y"] });
    });
    assert.deepEqual(all(monitoring, "monitor_diagnostic_setting").map((setting) => setting["enabled_log"]), [[{ category_group: "audit" }], [{ category: "X" }, { category: "Y" }]]);
  });

  it("alerts: each calls the people, the budget from the first of a month", () => {
    const alerts = made((stack, around) => {
      const made = new Alerts(stack, "alerts", { ...around, emails: ["a@example.com", "b@example.com"] });
      made.onLog("gap", { workspaceId: "w", query: "T", severity: 0, description: "d" });
      made.onCost("budget", { amount: 10, startMonth: "2027-02" });
    });
    assert.deepEqual((the(alerts, "monitor_action_group")["email_receiver"] as Block[]).map((receiver) => receiver["email_address"]), ["a@example.com", "b@example.com"]);
    assert.ok(String(the(alerts, "monitor_action_group")["short_name"]).length <= 12);
    assert.deepEqual(the(alerts, "consumption_budget_resource_group")["time_period"], { start_date: "2027-02-01T00:00:00Z" });
    assert.match(JSON.stringify(the(alerts, "monitor_scheduled_query_rules_alert_v2")["action"]), /alerts_people/);
  });

  it("outputs: one grant each, on the hub and on the container", () => {
    const outputs = made((stack, around) => {
      const shared = { ...around, network: networkOf(stack, around), identity: identityOf(stack, around) };
      void new EventHubs(stack, "event_hubs", { ...shared, settings: { partitions: 4, retentionDays: 7 } });
      void new RowStorage(stack, "row_storage", { ...shared, settings: { replication: "ZRS" } });
    });
    assert.deepEqual(all(outputs, "role_assignment").map((grant) => [grant["role_definition_name"], /azurerm_(\w+)\./.exec(String(grant["scope"]))?.[1]]), [["Azure Event Hubs Data Sender", "eventhub"], ["Storage Blob Data Contributor", "storage_container"]]);
    assert.equal(all(outputs, "private_endpoint").length, 2);
  });

  it("inputs: secrets are ephemeral, sensitive and without default", () => {
    const inputs = made((stack) => void new Inputs(stack, "inputs").secret("token", "A token."));
    const { type, ephemeral, sensitive, nullable } = inputs.variable?.["token"] ?? {};
    assert.deepEqual({ type, ephemeral, sensitive, nullable }, { type: "string", ephemeral: true, sensitive: true, nullable: false });
    assert.ok(!("default" in (inputs.variable?.["token"] ?? { default: 1 })));
    assert.deepEqual(Object.keys(inputs.variable ?? {}).toSorted(), ["container_image", "secrets_version", "subscription_id", "token"]);
  });

  it("role spread: nothing to wait for without grants", () => {
    assert.equal(made((stack) => void new RoleSpread(stack, "spread", [], 60)).resource["terraform_data"], undefined);
  });
});
