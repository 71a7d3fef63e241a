import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { settingsFiles } from "../../cdktf/synthesize.js";
import { LIVENESS_PATH, PORT, READINESS_PATH } from "../../cdktf/service-environment.js";
import { EVERYTHING, only, resources, settingsFile, stack, stacks, synthesized, type Block, type Stack } from "./synthesized.js";

/**
 * Addresses of what holds data, in every release. A change here means that Terraform would destroy and make anew:
 * never change a construct id; to move a construct use cdktf's moveTo.
 */
const STATEFUL: Readonly<Record<string, string>> = {
  azurerm_resource_group: "group",
  azurerm_virtual_network: "network_39EEAA36",
  azurerm_key_vault: "vault_AEB7ADF6",
  azurerm_postgresql_flexible_server: "database_EBDE4557",
  azurerm_postgresql_flexible_server_database: "database_collector_E20B1666",
  azurerm_container_app_environment: "apps_9C782503",
  azurerm_log_analytics_workspace: "monitoring_F4BD3810",
  azurerm_user_assigned_identity: "identity",
};
const STATEFUL_OPTIONS: Readonly<Record<string, string>> = {
  azurerm_container_registry: "registry_EFEA226F",
  azurerm_eventhub_namespace: "event_hubs_8D8C06CF",
  azurerm_eventhub: "event_hubs_rows_C6BF6197",
  azurerm_storage_account: "row_storage_A2079BBF",
  azurerm_storage_container: "row_storage_rows_D5F1AAE5",
};
const PROTECTED = ["azurerm_key_vault", "azurerm_postgresql_flexible_server", "azurerm_postgresql_flexible_server_database", "azurerm_storage_account", "azurerm_storage_container", "azurerm_eventhub_namespace", "azurerm_eventhub"];

const env = (of: Stack): Map<string, Block> => {
  const [container] = (only(of, "azurerm_container_app")["template"] as { container: { env: Block[] }[] }).container;
  return new Map(container?.env.map((entry) => [String(entry["name"]), entry]));
};

describe("Azure stack", () => {
  before(() => void stacks());

  it("keeps the addresses of what holds data", () => {
    for (const one of stacks()) {
      for (const [type, name] of Object.entries(STATEFUL)) assert.deepEqual(Object.keys(one.resource[type] ?? {}), [name], `${one.name} ${type}`);
    }
    const everything = stack("everything");
    assert.deepEqual(Object.fromEntries(Object.keys(STATEFUL_OPTIONS).map((type) => [type, Object.keys(everything.resource[type] ?? {})[0]])), STATEFUL_OPTIONS);
  });

  it("protects what holds data when the settings say so, and only then", () => {
    for (const [name, wanted] of [["small", false], ["standard", true], ["everything", true]] as const) {
      const one = stack(name);
      for (const type of PROTECTED) {
        for (const block of resources(one, type)) assert.equal((block["lifecycle"] as Block)["prevent_destroy"], wanted, `${name} ${type}`);
      }
      const [features] = one.provider["azurerm"]![0]!["features"] as Block[];
      assert.deepEqual(features!["resource_group"], [{ prevent_deletion_if_contains_resources: wanted }]);
    }
  });

  it("writes the same bytes again, in whatever folder", () => {
    const [small, standard] = synthesized(settingsFiles());
    assert.equal(small?.text, stack("small").text);
    assert.equal(standard?.text, stack("standard").text);
  });

  it("has no path of the machine in it", () => {
    for (const one of stacks()) for (const path of [process.cwd(), tmpdir(), process.env["HOME"] ?? "/root/"]) assert.ok(!one.text.includes(`${path}/`), `${one.name} names ${path}`);
    assert.deepEqual(stack("small").terraform["backend"], { local: { path: "../../../terraform.collector-small.tfstate" } });
  });

  it("has no literal that looks like a secret", () => {
    for (const one of stacks()) {
      for (const literal of literals(JSON.parse(one.text))) assert.ok(!looksSecret(literal), `${one.name}: ${literal}`);
    }
    for (const secret of ["AccountKey=abc", "-----BEGIN PRIVATE KEY-----", "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0", "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MEFCQ0RFRkdISUo=", "V8~Q8abcdefghijklmnopqrstuvwxyz0123456789"]) assert.ok(looksSecret(secret), secret);
  });

  it("pins the provider and asks for a Terraform that can write secrets write-only", () => {
    for (const one of stacks()) {
      assert.deepEqual(one.terraform["required_providers"], { azurerm: { source: "azurerm", version: "4.55.0" } });
      assert.equal(one.terraform["required_version"], ">= 1.11.0");
    }
  });

  it("keeps a shared state by login, without access key", () => {
    assert.deepEqual(stack("standard").terraform["backend"], {
      azurerm: { container_name: "collector", key: "collector-standard.tfstate", resource_group_name: "rg-tfstate", storage_account_name: "stexampletfstate", use_azuread_auth: true },
    });
  });

  it("sets only variables that the service knows, and listens and probes where the service does", () => {
    const schema = JSON.parse(readFileSync(new URL("../../schema/settings.schema.json", import.meta.url), "utf8")) as { properties: object };
    for (const one of stacks()) {
      for (const name of env(one).keys()) if (name.startsWith("COLLECTOR_")) assert.ok(name in schema.properties, `the service ends at the unknown ${name}`);
      const app = only(one, "azurerm_container_app") as unknown as { ingress: { target_port: number }; template: { container: Record<string, { path: string; port: number }[]>[] } };
      const container = app.template.container[0]!;
      assert.equal(app.ingress.target_port, PORT);
      assert.deepEqual(["startup_probe", "liveness_probe", "readiness_probe"].map((kind) => container[kind]![0]!.path), [LIVENESS_PATH, LIVENESS_PATH, READINESS_PATH]);
    }
  });

  it("mounts the destinations file where it says that it is", () => {
    const small = stack("small");
    const path = String(env(small).get("COLLECTOR_DESTINATIONS")?.["value"]);
    const app = only(small, "azurerm_container_app") as unknown as { secret: { name: string }[]; template: { volume: { name: string; storage_type: string }[]; container: { volume_mounts: { name: string; path: string }[] }[] } };
    const mount = app.template.container[0]!.volume_mounts.find((candidate) => path.startsWith(`${candidate.path}/`));
    assert.equal(app.template.volume.find((volume) => volume.name === mount?.name)?.storage_type, "Secret");
    assert.ok(app.secret.some((secret) => path === `${mount?.path}/${secret.name}`));
  });

  it("grants the right to write secrets to whoever plans, or to whom the settings name", () => {
    const officer = (of: Stack): unknown[] => resources(of, "azurerm_role_assignment").filter((grant) => grant["role_definition_name"] === "Key Vault Secrets Officer").map((grant) => grant["principal_id"]);
    const deployerObjectId = "0d9a4c1e-1111-4f0e-9b51-0d5f6a1f2b3c";
    const [named, nobody] = synthesized([settingsFile("named", { ...EVERYTHING, deployerObjectId }), settingsFile("nobody", { ...EVERYTHING, grantDeployer: false })]);
    assert.deepEqual(officer(stack("everything")), ["${data.azurerm_client_config.caller.object_id}"]);
    assert.deepEqual([officer(named!), officer(nobody!)], [[deployerObjectId], []]);
    // Named, nothing depends on who plans: a plan by another principal finds no difference.
    assert.ok(!named!.text.includes("caller.object_id"));
  });

  it("leaves out the app, and nothing that holds data, for a first run with an empty registry", () => {
    const [without] = synthesized([settingsFile("without-app", { ...EVERYTHING, app: { deploy: false } })]);
    const everything = stack("everything");
    const gone = Object.keys(everything.resource).flatMap((type) => Object.keys(everything.resource[type]!).filter((name) => !(name in (without!.resource[type] ?? {}))).map(() => type));
    assert.deepEqual([...new Set(gone)].toSorted(), ["azurerm_container_app", "azurerm_monitor_metric_alert", "azurerm_monitor_scheduled_query_rules_alert_v2"]);
    assert.ok(!("collector_url" in without!.output));
  });

  it("says where to go next and tells no secret", () => {
    const names = Object.keys(stack("standard").output);
    for (const name of ["collector_url", "next_step", "logs", "resource_group", "key_vault_uri", "identity_client_id", "database_host", "egress_ip", "registry_login_server"]) assert.ok(names.includes(name), name);
    for (const one of stacks()) for (const [name, output] of Object.entries(one.output)) assert.ok(!/value_wo|password|var\./.test(String(output["value"])), name);
  });
});

function literals(json: unknown): string[] {
  if (typeof json === "string") return [json];
  if (typeof json !== "object" || json === null) return [];
  return Object.values(json).flatMap(literals);
}

/** Keys, tokens and connection strings; not expressions, nor texts with spaces. */
function looksSecret(literal: string): boolean {
  if (/AccountKey=|SharedAccessKey=|-----BEGIN|^eyJ[\w-]+\.|[?&]sig=/.test(literal)) return true;
  const bare = literal.replaceAll(/\$\{[^}]*\}/g, "");
  return /^[A-Za-z0-9+/_~.=-]{32,}$/.test(bare) && /\d/.test(bare) && /[a-z]/.test(bare) && /[A-Z]/.test(bare) && !/^(azurerm_|terraform_data\.|collector-)|_[0-9A-F]{8}$/.test(bare);
}
