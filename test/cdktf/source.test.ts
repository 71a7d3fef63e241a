import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { settingsFile } from "./synthesized.js";

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

  it("says all problems of bad settings and ends with 78", () => {
    const bad = settingsFile("bad", { profile: "small", workload: "MTC", environment: "x1", location: "westeurope", alerts: { emails: ["a@example.com"] }, app: { replicasMax: 3 } });
    const { status, stderr } = spawnSync(process.execPath, ["--import=tsx", "cdktf/main.ts", bad], { cwd: ROOT, encoding: "utf8" });
    assert.equal(status, 78);
    assert.match(stderr, /2 problem\(s\).*\n.*\/workload: .*\n.*\/app\/replicasMax: .*later step/);
  });

  it("is started by the CDKTF CLI as by npm run synth", () => {
    const config = JSON.parse(readFileSync(join(ROOT, "cdktf.json"), "utf8")) as Record<string, unknown>;
    assert.deepEqual([config["app"], config["sendCrashReports"], typeof config["projectId"]], ["npx tsx cdktf/main.ts", "false", "string"]);
  });
});
