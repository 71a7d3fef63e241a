import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skeletonOf } from "./skeleton.js";
import { resources, stack, stacks, type Block, type Stack } from "./synthesized.js";

const VALUES: Readonly<Record<string, string>> = {
  subscription_id: "00000000-0000-0000-0000-000000000000",
  container_image: `registry.example.com/collector@sha256:${"0".repeat(64)}`,
  access_key: "marker-of-the-access-key",
  encryption_key: `${"A".repeat(43)}=`,
  destinations: '{"destinations":[{"name":"default","type":"stdout"}]}',
  database_password: "marker-of-the-Password-1",
  secret_m365_client_secret: "marker-of-the-client-secret",
  secret_siem_token: "marker-of-the-token",
};

function terraformVersion(): string | undefined {
  try {
    return (JSON.parse(execFileSync("terraform", ["version", "-json"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })) as { terraform_version: string }).terraform_version;
  } catch {
    return undefined;
  }
}

interface Answer {
  readonly status: number | null;
  readonly text: string;
}

/** A folder with the skeleton of a stack, where Terraform runs. */
class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), "collector-skeleton-"));
  private readonly env: NodeJS.ProcessEnv;

  constructor(of: Stack, values: Readonly<Record<string, string>> = {}) {
    writeFileSync(join(this.folder, "main.tf.json"), JSON.stringify(skeletonOf(of)));
    // By environment, as the guide says: of a tfvars file Terraform's error messages quote the line.
    const given = Object.entries({ ...VALUES, ...values }).map(([name, value]) => [`TF_VAR_${name}`, value]);
    this.env = { ...process.env, ...Object.fromEntries(given), CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" };
  }

  run(...args: string[]): Answer {
    const { status, stdout, stderr } = spawnSync("terraform", [`-chdir=${this.folder}`, ...args], { encoding: "utf8", env: this.env });
    return { status, text: `${stdout}${stderr}` };
  }

  good(...args: string[]): Answer {
    const answer = this.run(...args);
    assert.equal(answer.status, 0, `terraform ${args.join(" ")}: ${answer.text}`);
    return answer;
  }
}

describe("skeleton of the Azure stack, under Terraform itself", function () {
  const workspaces: Workspace[] = [];
  const workspace = (of: Stack, values?: Readonly<Record<string, string>>): Workspace => {
    const made = new Workspace(of, values);
    workspaces.push(made);
    return made;
  };

  before(function () {
    const version = terraformVersion();
    const [major = 0, minor = 0] = (version ?? "0.0").split(".").map(Number);
    if (major > 1 || (major === 1 && minor >= 11)) return void stacks();
    this.test!.title += version ? ` (skipped: terraform ${version} is older than 1.11)` : " (skipped: the terraform command is not there)";
    this.skip();
  });
  after(() => {
    for (const { folder } of workspaces) rmSync(folder, { recursive: true, force: true });
  });

  it("small: init, validate, plan, apply, nothing left to do, destroy", () => {
    const small = stack("small");
    const count = Object.values(small.resource).flatMap((blocks) => Object.keys(blocks)).length + 2;
    const { good, folder } = bound(workspace(small));
    good("init", "-no-color");
    good("validate", "-no-color");
    assert.match(good("plan", "-no-color", "-out=plan").text, new RegExp(`Plan: ${count} to add`));
    good("apply", "-no-color", "plan");
    good("plan", "-no-color", "-detailed-exitcode");
    const state = readFileSync(join(folder, "terraform.tfstate"), "utf8");
    for (const value of Object.values(VALUES)) if (String(value).startsWith("marker")) assert.ok(!state.includes(String(value)), "a secret is in the state");
    assert.match(good("destroy", "-no-color", "-auto-approve").text, new RegExp(`${count} destroyed`));
  });

  it("with everything: applies, and destroying it is refused", () => {
    const { good, run } = bound(workspace(stack("everything")));
    good("apply", "-no-color", "-auto-approve");
    const refused = run("plan", "-destroy", "-no-color", "-refresh=false");
    assert.notEqual(refused.status, 0);
    assert.match(refused.text, /prevent_destroy/);
  });

  it("standard: valid, and plans", () => {
    workspace(stack("standard")).good("plan", "-no-color");
  });

  it("refuses bad values of variables and does not show secret ones", () => {
    const bad = { container_image: "collector:latest", encryption_key: "bad-marker", access_key: "short", destinations: "{not json", subscription_id: "mine", secrets_version: "0", database_password: "all-of-one-bad-marker", secret_siem_token: "" };
    const answer = workspace(stack("everything"), bad).run("plan", "-no-color");
    assert.equal(answer.status, 1);
    const said = ["must end in a digest", "32 bytes in base64", "at least 20 characters, and no spaces", "text of a destinations file", "must be a GUID", "whole number from 1", "of three kinds at least", "siem_token must not be empty"];
    for (const words of said) assert.match(answer.text.replaceAll(/\s+│?\s*/g, " "), new RegExp(words));
    assert.ok(!answer.text.includes("bad-marker"));
  });

  for (const [name, value] of [["access_key", "long enough, but with spaces"], ["destinations", '{"destinations":[]}'], ["destinations", "[]"], ["database_password", "A1".repeat(65)]] as const) {
    it(`refuses ${name} ${value.slice(0, 30)}`, () => {
      const answer = workspace(stack("everything"), { [name]: value }).run("plan", "-no-color");
      assert.equal(answer.status, 1);
      assert.match(answer.text, new RegExp(`Invalid value for variable[^]*${name} must`));
    });
  }

  it("notices a secret that would be kept, an undeclared reference and a cycle", () => {
    const broken: readonly [RegExp, (of: Stack) => void][] = [
      [/[Ee]phemeral value/, (of) => (firstOf(of, "azurerm_container_app")["tags"] = { key: "${var.access_key}" })],
      [/undeclared resource/, (of) => (firstOf(of, "azurerm_container_app")["tags"] = { key: "${azurerm_subnet.gone.id}" })],
      [/Cycle/, (of) => (firstOf(of, "azurerm_resource_group")["tags"] = { key: "${azurerm_user_assigned_identity.identity.id}" })],
    ];
    for (const [says, breaks] of broken) {
      const copy = structuredClone(stack("small")) as Stack;
      breaks(copy);
      const answer = workspace(copy).run("plan", "-no-color");
      assert.equal(answer.status, 1);
      assert.match(answer.text, says);
    }
  });
});

function bound(workspace: Workspace): { good: Workspace["good"]; run: Workspace["run"]; folder: string } {
  return { good: (...args) => workspace.good(...args), run: (...args) => workspace.run(...args), folder: workspace.folder };
}

function firstOf(of: Stack, type: string): Block {
  return resources(of, type)[0]!;
}
