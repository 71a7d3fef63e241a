import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { settingsFile, stacks, type Block } from "./synthesized.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SOURCES = readdirSync(join(ROOT, "cdktf"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ name, text: readFileSync(join(ROOT, "cdktf", name), "utf8") }));

describe("source of the Azure stack", () => {
  it("imports single resources of the provider, never all of them", () => {
    for (const { name, text } of SOURCES) {
      for (const [, from] of text.matchAll(/from "(@cdktf\/provider-azurerm[^"]*)"/g)) assert.match(from!, /^@cdktf\/provider-azurerm\/lib\/[a-z0-9-]+\/index\.js$/, name);
    }
  });

  it("writes raw Terraform in one file only, and reads no environment variable", () => {
    for (const { name, text } of SOURCES) {
      if (name !== "overrides.ts") assert.doesNotMatch(text, /\.addOverride\(|\.addMoveTarget\(|new TerraformResource\(/, name);
      assert.doesNotMatch(text, /process\.env/, name);
    }
  });

  it("links private DNS zones in one file only: azurerm 5 renames the arguments", () => {
    assert.deepEqual(SOURCES.filter(({ text }) => text.includes("new PrivateDnsZoneVirtualNetworkLink(")).map(({ name }) => name), [join("constructs", "network.ts")]);
  });

  it("ignores changes of arguments only that the provider has: a name in quotes is checked by no type", () => {
    const ignored = stacks().flatMap((one) =>
      Object.entries(one.resource).flatMap(([type, blocks]) => Object.values(blocks).flatMap((block) => (((block["lifecycle"] as Block | undefined)?.["ignore_changes"] ?? []) as string[]).map((argument) => `${type} ${argument}`))),
    );
    assert.ok(ignored.length > 5);
    for (const one of new Set(ignored)) {
      const [type = "", path = ""] = one.split(" ");
      const typings = readFileSync(join(ROOT, "node_modules", "@cdktf", "provider-azurerm", "lib", type.replace("azurerm_", "").replaceAll("_", "-"), "index.d.ts"), "utf8");
      for (const part of path.replace(/\[\d+\]/, "").split(".")) assert.match(typings, new RegExp(`readonly ${part.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())}\\??:`), one);
    }
  });

  it("says all problems of bad settings and ends with 78", () => {
    const bad = settingsFile("bad", { profile: "small", workload: "MTC", environment: "x1", location: "westeurope", alerts: { emails: ["a@example.com"] }, app: { replicasMax: 3 } });
    const { status, stderr } = spawnSync(process.execPath, ["--import=tsx", "cdktf/main.ts", bad], { cwd: ROOT, encoding: "utf8" });
    assert.equal(status, 78);
    assert.match(stderr, /2 problem\(s\).*\n.*\/workload: .*\n.*\/app\/replicasMax: .*later step/);
  });

  it("says the problems of all files at once", () => {
    const files = ["first", "second"].map((name) => settingsFile(name, { profile: "large", workload: "mtc", environment: "x1", location: "westeurope", alerts: { emails: ["a@example.com"] } }));
    const { status, stderr } = spawnSync(process.execPath, ["--import=tsx", "cdktf/main.ts", ...files], { cwd: ROOT, encoding: "utf8" });
    assert.equal(status, 78);
    for (const file of files) assert.match(stderr, new RegExp(`1 problem\\(s\\) in the settings ${file}:\\n  /profile: .*small, standard`));
  });

  it("runs Terraform on one environment, and only the answer is on standard output", () => {
    const folder = mkdtempSync(join(tmpdir(), "collector-terraform-"));
    try {
      writeFileSync(join(folder, "terraform"), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
      const env = { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}`, CDKTF_OUTDIR: join(folder, "out") };
      const { status, stdout, stderr } = spawnSync(process.execPath, ["--import=tsx", "cdktf/terraform.ts", "plan", "small", "-lock=false"], { cwd: ROOT, encoding: "utf8", env });
      assert.deepEqual([status, readdirSync(join(folder, "out", "stacks"))], [0, ["collector-small"]]);
      assert.match(stderr, /-chdir=\S+collector-small init -input=false\n/);
      assert.match(stdout, /^-chdir=\S+collector-small plan -out=collector\.tfplan -lock=false\n$/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("says how it is called when it is called wrongly", () => {
    const { status, stderr } = spawnSync(process.execPath, ["--import=tsx", "cdktf/terraform.ts", "undo"], { cwd: ROOT, encoding: "utf8" });
    assert.equal(status, 64);
    assert.match(stderr, /plan\|deploy\|destroy\|output/);
  });

  it("is started by the CDKTF CLI as by npm run synth", () => {
    const config = JSON.parse(readFileSync(join(ROOT, "cdktf.json"), "utf8")) as Record<string, unknown>;
    assert.deepEqual([config["app"], config["sendCrashReports"], typeof config["projectId"]], ["npx tsx cdktf/main.ts", "false", "string"]);
  });
});
