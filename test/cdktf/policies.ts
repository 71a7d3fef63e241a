/** What must hold in every stack, as plain functions on the parsed JSON, each with a way to break it: a policy that cannot fail is none. */
import { resources, type Block, type Json, type Stack } from "./synthesized.js";

export interface Policy {
  readonly says: string;
  /** What violates it, in words; empty when it holds. */
  readonly check: (stack: Stack) => string[];
  /** Makes a stack with everything violate it. */
  readonly breaks: (stack: Stack) => void;
}

const at = (block: Json | undefined, ...path: (string | number)[]): Json | undefined =>
  path.reduce<Json | undefined>((part, step) => (part !== null && typeof part === "object" ? (part as Block)[step] : undefined), block);

const first = (stack: Stack, type: string): Block => {
  const [block] = resources(stack, type);
  if (!block) throw new Error(`no ${type}`);
  return block;
};

/** Every resource of the type must have this value at the path. */
function always(type: string, path: (string | number)[], wanted: Json): Policy["check"] {
  return (stack) =>
    Object.entries(stack.resource[type] ?? {}).flatMap(([name, block]) => (JSON.stringify(at(block, ...path)) === JSON.stringify(wanted) ? [] : [`${type}.${name} ${path.join(".")} is ${JSON.stringify(at(block, ...path))}`]));
}

function set(type: string, path: (string | number)[], value: Json): Policy["breaks"] {
  return (stack) => {
    const holder = at(first(stack, type), ...path.slice(0, -1)) as Block;
    holder[path.at(-1)!] = value;
  };
}

const simple = (says: string, type: string, path: (string | number)[], wanted: Json, bad: Json): Policy => ({ says, check: always(type, path, wanted), breaks: set(type, path, bad) });

const container = ["template", "container", 0];
const BROAD_ROLES = /^(Owner|Contributor|User Access Administrator|Role Based Access Control Administrator)$|Administrator$/;
/** Types whose scope is wider than one resource's part: nobody but the deployer may be granted anything on them. */
const WIDE_SCOPE = /azurerm_(resource_group|key_vault|storage_account|eventhub_namespace)\.|^\/subscriptions\/[^/]+(\/resourceGroups\/[^/]+)?$/;
const TAGGABLE = /^azurerm_(resource_group|virtual_network|network_security_group|private_dns_zone|private_endpoint|key_vault|key_vault_secret|postgresql_flexible_server|log_analytics_workspace|container_app|container_app_environment|user_assigned_identity|container_registry|public_ip|nat_gateway|storage_account|eventhub_namespace|monitor_metric_alert|monitor_scheduled_query_rules_alert_v2|monitor_action_group|private_dns_zone_virtual_network_link|private_dns_a_record)$/;

/** What Azure or an operator changes behind Terraform's back, by type and argument. The subnet is the database's alone. */
const MOVED_BY_OTHERS: readonly (readonly [string, string])[] = [
  ["azurerm_subnet", "service_endpoints"],
  ["azurerm_monitor_diagnostic_setting", "log_analytics_destination_type"],
  ["azurerm_container_app_environment", "infrastructure_resource_group_name"],
  ["azurerm_postgresql_flexible_server", "zone"],
  ["azurerm_postgresql_flexible_server", "storage_mb"],
  ["azurerm_key_vault_secret", "content_type"],
  ["azurerm_key_vault_secret", "tags"],
];
const isDatabaseSubnet = (block: Block): boolean => at(block, "delegation", 0, "service_delegation", "name") === "Microsoft.DBforPostgreSQL/flexibleServers";

export const POLICIES: readonly Policy[] = [
  simple("the vault cannot be purged", "azurerm_key_vault", ["purge_protection_enabled"], true, false),
  simple("the vault refuses by default", "azurerm_key_vault", ["network_acls", "default_action"], "Deny", "Allow"),
  simple("the vault is governed by roles", "azurerm_key_vault", ["rbac_authorization_enabled"], true, false),
  {
    says: "the vault is open to nobody, or to named addresses",
    check: (stack) => resources(stack, "azurerm_key_vault").flatMap((vault) => (vault["public_network_access_enabled"] === true && (at(vault, "network_acls", "ip_rules") as Json[]).length === 0 ? ["open without addresses"] : [])),
    breaks: set("azurerm_key_vault", ["network_acls", "ip_rules"], []),
  },
  {
    says: "secrets are written write-only",
    check: (stack) => resources(stack, "azurerm_key_vault_secret").flatMap((secret) => (secret["value"] === undefined && secret["value_wo"] !== undefined && secret["value_wo_version"] !== undefined ? [] : [`${String(secret["name"])} has a value`])),
    breaks: set("azurerm_key_vault_secret", ["value"], "${var.access_key}"),
  },
  {
    says: "secret values come from ephemeral, sensitive variables without default",
    check: (stack) =>
      resources(stack, "azurerm_key_vault_secret").flatMap((secret) => {
        const variable = stack.variable[/^\$\{var\.(\w+)\}$/.exec(String(secret["value_wo"]))?.[1] ?? ""];
        return variable?.["ephemeral"] === true && variable["sensitive"] === true && !("default" in variable) ? [] : [`${String(secret["name"])} <- ${String(secret["value_wo"])}`];
      }),
    breaks: (stack) => delete stack.variable["access_key"]!["ephemeral"],
  },
  {
    says: "every secret has a reader of its own, and nobody reads the whole vault",
    check: (stack) => {
      const scopes = resources(stack, "azurerm_role_assignment").filter((grant) => grant["role_definition_name"] === "Key Vault Secrets User").map((grant) => String(grant["scope"]));
      const missing = Object.keys(stack.resource["azurerm_key_vault_secret"] ?? {}).filter((name) => !scopes.includes(`\${azurerm_key_vault_secret.${name}.resource_versionless_id}`));
      return [...missing, ...scopes.filter((scope) => !scope.includes("azurerm_key_vault_secret."))];
    },
    breaks: (stack) => {
      const grant = resources(stack, "azurerm_role_assignment").find((candidate) => candidate["role_definition_name"] === "Key Vault Secrets User");
      grant!["scope"] = "${azurerm_key_vault.vault.id}";
    },
  },
  simple("the database has no public address", "azurerm_postgresql_flexible_server", ["public_network_access_enabled"], false, true),
  simple("the database takes Entra logins", "azurerm_postgresql_flexible_server", ["authentication", "active_directory_auth_enabled"], true, false),
  {
    says: "the database has a password only where one is asked for, and then write-only",
    check: (stack) =>
      resources(stack, "azurerm_postgresql_flexible_server").flatMap((server) => {
        const password = at(server, "authentication", "password_auth_enabled") === true;
        const good = server["administrator_password"] === undefined && password === (server["administrator_password_wo"] !== undefined) && password === "database_password" in stack.variable;
        return good ? [] : ["password"];
      }),
    breaks: set("azurerm_postgresql_flexible_server", ["administrator_password"], "x"),
  },
  simple("the database refuses connections without TLS", "azurerm_postgresql_flexible_server_configuration", ["value"], "on", "off"),
  {
    says: "nobody gets Owner, Contributor or an administrator's role",
    check: (stack) => resources(stack, "azurerm_role_assignment").flatMap((grant) => (grant["role_definition_id"] !== undefined || BROAD_ROLES.test(String(grant["role_definition_name"])) ? [String(grant["role_definition_name"])] : [])),
    breaks: set("azurerm_role_assignment", ["role_definition_name"], "Contributor"),
  },
  {
    says: "grants reach no further than one resource; only the deployer's reaches the vault",
    check: (stack) => resources(stack, "azurerm_role_assignment").flatMap((grant) => (WIDE_SCOPE.test(String(grant["scope"])) && grant["role_definition_name"] !== "Key Vault Secrets Officer" ? [`${String(grant["role_definition_name"])} on ${String(grant["scope"])}`] : [])),
    breaks: set("azurerm_role_assignment", ["scope"], "${azurerm_resource_group.group.id}"),
  },
  {
    says: "the app is probed at start, for life and for readiness, with transports in upper case",
    check: (stack) =>
      resources(stack, "azurerm_container_app").flatMap((app) =>
        ["startup_probe", "liveness_probe", "readiness_probe"].flatMap((kind) => (at(app, ...container, kind, 0, "transport") === "HTTP" && String(at(app, ...container, kind, 0, "path")).startsWith("/") ? [] : [kind])),
      ),
    breaks: set("azurerm_container_app", [...container, "startup_probe", 0, "transport"], "http"),
  },
  simple("the app is reached over https only", "azurerm_container_app", ["ingress", "allow_insecure_connections"], false, true),
  {
    says: "the app holds no secret in line: all are references to the vault without version",
    check: (stack) =>
      resources(stack, "azurerm_container_app").flatMap((app) =>
        (app["secret"] as Block[]).flatMap((secret) => (secret["value"] === undefined && /^\$\{azurerm_key_vault_secret\.[\w-]+\.versionless_id\}$/.test(String(secret["key_vault_secret_id"])) && secret["identity"] !== undefined ? [] : [String(secret["name"])])),
      ),
    breaks: set("azurerm_container_app", ["secret", 0, "value"], "x"),
  },
  {
    says: "keys reach the app by reference, never by value",
    check: (stack) =>
      resources(stack, "azurerm_container_app").flatMap((app) =>
        (at(app, ...container, "env") as Block[]).flatMap((entry) => (/KEY$|PASSWORD|SECRET|TOKEN/.test(String(entry["name"])) && entry["value"] !== undefined ? [String(entry["name"])] : [])),
      ),
    breaks: (stack) => (at(first(stack, "azurerm_container_app"), ...container, "env") as Block[]).push({ name: "COLLECTOR_ACCESS_KEY", value: "x" }),
  },
  simple("the image is a variable, which must have a digest", "azurerm_container_app", [...container, "image"], "${var.container_image}", "collector:latest"),
  {
    says: "at least one replica runs, and no more than one",
    check: (stack) => resources(stack, "azurerm_container_app").flatMap((app) => (at(app, "template", "min_replicas") === 1 && at(app, "template", "max_replicas") === 1 ? [] : ["replicas"])),
    breaks: set("azurerm_container_app", ["template", "min_replicas"], 0),
  },
  {
    says: "the app waits for every grant of its identity",
    check: (stack) => {
      const grants = Object.entries(stack.resource["azurerm_role_assignment"] ?? {}).filter(([, grant]) => grant["principal_type"] === "ServicePrincipal");
      return resources(stack, "azurerm_container_app").flatMap((app) => grants.filter(([name]) => !(app["depends_on"] as Json[]).includes(`azurerm_role_assignment.${name}`)).map(([name]) => name));
    },
    breaks: set("azurerm_container_app", ["depends_on"], []),
  },
  simple("a registry of ours has no admin user", "azurerm_container_registry", ["admin_enabled"], false, true),
  simple("a registry of ours serves nobody without login", "azurerm_container_registry", ["anonymous_pull_enabled"], false, true),
  simple("the hub knows no keys", "azurerm_eventhub_namespace", ["local_authentication_enabled"], false, true),
  simple("the hub is closed to the internet", "azurerm_eventhub_namespace", ["public_network_access_enabled"], false, true),
  simple("the row storage knows no keys", "azurerm_storage_account", ["shared_access_key_enabled"], false, true),
  simple("the row storage shows nothing to the public", "azurerm_storage_account", ["allow_nested_items_to_be_public"], false, true),
  simple("the row storage speaks TLS 1.2 or newer", "azurerm_storage_account", ["min_tls_version"], "TLS1_2", "TLS1_0"),
  simple("the logs take no shared keys", "azurerm_log_analytics_workspace", ["local_authentication_enabled"], false, true),
  simple("the row storage is closed to the internet", "azurerm_storage_account", ["public_network_access_enabled"], false, true),
  {
    says: "the environment is closed to the internet, or its app lets named ranges in and no others",
    check: (stack) => {
      const [environment] = resources(stack, "azurerm_container_app_environment");
      if (environment?.["internal_load_balancer_enabled"] === true) return environment["public_network_access"] === "Disabled" ? [] : ["internal, yet with public access"];
      return resources(stack, "azurerm_container_app").flatMap((app) => {
        const restrictions = (at(app, "ingress", "ip_security_restriction") ?? []) as Block[];
        return restrictions.length > 0 && restrictions.every((restriction) => restriction["action"] === "Allow") ? [] : ["open to everybody"];
      });
    },
    breaks: set("azurerm_container_app_environment", ["public_network_access"], "Enabled"),
  },
  {
    says: "nothing has a public address but the gateway of outgoing requests",
    check: (stack) => {
      const used = resources(stack, "azurerm_nat_gateway_public_ip_association").map((association) => String(association["public_ip_address_id"]));
      return Object.keys(stack.resource["azurerm_public_ip"] ?? {}).filter((name) => !used.includes(`\${azurerm_public_ip.${name}.id}`));
    },
    breaks: (stack) => Object.assign(stack.resource["azurerm_public_ip"]!, { further: { sku: "Standard" } }),
  },
  {
    says: "the database's subnet refuses the network but for the apps and itself",
    check: (stack) =>
      resources(stack, "azurerm_network_security_group").flatMap((guard) => {
        const rules = (guard["security_rule"] as Block[]).toSorted((a, b) => Number(a["priority"]) - Number(b["priority"]));
        const last = rules.at(-1);
        const allowed = rules.slice(0, -1);
        const good = last?.["access"] === "Deny" && last["source_address_prefix"] === "VirtualNetwork" && allowed.length === 2 && allowed.every((rule) => rule["destination_port_range"] === "5432" && /^[\d.]+\/\d+$/.test(String(rule["source_address_prefix"])));
        return good ? [] : ["rules"];
      }),
    breaks: set("azurerm_network_security_group", ["security_rule", 0, "source_address_prefix"], "*"),
  },
  {
    says: "what others change behind Terraform's back is taken back by no plan",
    check: (stack) =>
      MOVED_BY_OTHERS.flatMap(([type, argument]) =>
        Object.entries(stack.resource[type] ?? {})
          .filter(([, block]) => type !== "azurerm_subnet" || isDatabaseSubnet(block))
          .flatMap(([name, block]) => (((at(block, "lifecycle", "ignore_changes") ?? []) as Json[]).includes(argument) ? [] : [`${type}.${name} ${argument}`])),
      ),
    breaks: (stack) => {
      for (const block of resources(stack, "azurerm_subnet")) delete block["lifecycle"];
    },
  },
  {
    says: "vault, database and environment are audited",
    check: (stack) => {
      const targets = resources(stack, "azurerm_monitor_diagnostic_setting").map((setting) => String(setting["target_resource_id"]));
      return ["azurerm_key_vault", "azurerm_postgresql_flexible_server", "azurerm_container_app_environment"].filter((type) => !targets.some((target) => target.startsWith(`\${${type}.`)));
    },
    breaks: (stack) => Object.assign(stack.resource, { azurerm_monitor_diagnostic_setting: {} }),
  },
  {
    says: "every alert calls somebody",
    check: (stack) => [
      ...resources(stack, "azurerm_monitor_metric_alert").flatMap((alert) => (at(alert, "action", 0, "action_group_id") ? [] : [String(alert["name"])])),
      ...resources(stack, "azurerm_monitor_scheduled_query_rules_alert_v2").flatMap((alert) => (at(alert, "action", "action_groups", 0) ? [] : [String(alert["name"])])),
      ...resources(stack, "azurerm_monitor_action_group").flatMap((group) => (at(group, "email_receiver", 0) ? [] : ["action group"])),
    ],
    breaks: set("azurerm_monitor_metric_alert", ["action"], []),
  },
  {
    says: "everything that can be tagged is tagged",
    check: (stack) =>
      Object.entries(stack.resource).flatMap(([type, blocks]) =>
        TAGGABLE.test(type) ? Object.entries(blocks).flatMap(([name, block]) => (["workload", "environment", "managed_by"].every((tag) => typeof at(block, "tags", tag) === "string") ? [] : [`${type}.${name}`])) : [],
      ),
    breaks: (stack) => delete first(stack, "azurerm_nat_gateway")["tags"],
  },
  {
    says: "the provider has features and registers only what the stack names",
    check: (stack) => (stack.provider["azurerm"] ?? [{}]).flatMap((provider) => (at(provider, "features", 0) && provider["resource_provider_registrations"] === "none" && provider["storage_use_azuread"] === true ? [] : ["provider"])),
    breaks: (stack) => delete stack.provider["azurerm"]![0]!["features"],
  },
  {
    says: "no variable with a secret has a validation that shows its value",
    check: (stack) => Object.entries(stack.variable).flatMap(([name, variable]) => (variable["sensitive"] === true && ((variable["validation"] ?? []) as Block[]).some((rule) => String(rule["error_message"]).includes("${")) ? [name] : [])),
    breaks: (stack) => ((stack.variable["access_key"]!["validation"] as Block[])[0]!["error_message"] = "${var.access_key} is wrong"),
  },
];
