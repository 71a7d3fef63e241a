import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { validateDestinations } from "../../schema/index.js";
import { secretVariable } from "../../cdktf/naming.js";
import { settingsFile, stacks, synthesized } from "./synthesized.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const GUIDE = readFileSync(`${ROOT}docs/deploy-azure.md`, "utf8");
const all = (pattern: RegExp): string[] => [...GUIDE.matchAll(pattern)].map(([, found = ""]) => found);

/** What the guide says that people type or look for must be there. */
describe("guide to the Azure stack", () => {
  it("lists every output, and none that is not", () => {
    const table = /\| Output \| \|\n((?:\|.*\n)+)/.exec(GUIDE)?.[1] ?? "";
    const told = [...table.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell = ""]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name));
    const real = new Set(stacks().flatMap((one) => Object.keys(one.output)));
    assert.deepEqual(told.toSorted(), [...real].toSorted());
    for (const name of all(/-raw (\w+)/g)) assert.ok(real.has(name), name);
  });

  it("names resources by addresses that exist", () => {
    const addresses = all(/\b(azurerm_\w+\.\w+_[0-9A-F]{8})\b/g);
    assert.ok(addresses.length >= 2);
    for (const address of addresses) {
      const [type = "", name = ""] = address.split(".");
      for (const one of stacks()) assert.ok(one.resource[type]?.[name], `${one.name}: ${address}`);
    }
  });

  it("exports variables that Terraform asks for, and all of them", () => {
    const exported = new Set(all(/export TF_VAR_(\w+)=/g));
    const [small] = stacks();
    const asked = Object.entries(small!.variable).filter(([, variable]) => !("default" in variable)).map(([name]) => name);
    assert.deepEqual([...exported].toSorted(), asked.toSorted());
    for (const name of all(/TF_VAR_(\w+)/g)) assert.ok(asked.includes(name) || ["secrets_version", "database_password", secretVariable("sumo-url")].includes(name) || name === "secret_", name);
  });

  it("calls npm scripts, files and anchors that exist", () => {
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { scripts: Record<string, string> };
    for (const script of all(/npm run (?:--silent )?([a-z]+)/g)) assert.ok(script in scripts, script);
    for (const path of all(/`((?:cdktf|examples|schema|test)\/[\w./-]+)`/g)) assert.ok(existsSync(ROOT + path) || path === "cdktf/environments/trial.json" || path === "cdktf/.terraform.lock.hcl", path);
    const anchors = new Set(all(/^#+ (.+)$/gm).map((title) => title.toLowerCase().replaceAll(/[^a-z0-9 -]/g, "").replaceAll(" ", "-")));
    for (const anchor of all(/\]\(#([\w-]+)\)/g)) assert.ok(anchors.has(anchor), anchor);
  });

  it("shows destinations that work in this container: their secrets are in the vault, under a name that the settings take", () => {
    const verdict = validateDestinations(JSON.parse(readFileSync(`${ROOT}examples/destinations/sumo-logic-key-vault.json`, "utf8")));
    assert.ok(verdict.ok);
    const { secretRef: url } = verdict.destinations.get("default")!.config["url"] as { secretRef: string };
    assert.ok(url.startsWith("keyvault:") && GUIDE.includes(`\`{"secretRef": "${url}"}\``));
    const name = url.slice("keyvault:".length);
    const settings = { profile: "small", workload: "mtc", environment: "guide", location: "westeurope", alerts: { emails: ["a@example.com"] }, secrets: [name] };
    const [made] = synthesized([settingsFile("guide", settings)]);
    assert.ok(secretVariable(name) in made!.variable);
    assert.ok(Object.values(made!.resource["azurerm_key_vault_secret"]!).some((secret) => secret["name"] === name));
  });
});
