import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseDocument } from "yaml";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = join(ROOT, "examples", "pipelines");
const SCRIPTS = Object.keys((JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object }).scripts);
type Json = { [key: string]: unknown };

/** A YAML file as JSON. Every warning counts: a doubled key is one that is not in force. */
function parsed(path: string): Json {
  const document = parseDocument(readFileSync(path, "utf8"), { prettyErrors: true, uniqueKeys: true });
  assert.deepEqual([...document.errors, ...document.warnings].map(({ message }) => message), []);
  return document.toJS() as Json;
}

/** Every value of the key, at any depth. */
function values(of: unknown, key: string): unknown[] {
  if (Array.isArray(of)) return of.flatMap((each) => values(each, key));
  if (typeof of !== "object" || of === null) return [];
  return Object.entries(of).flatMap(([name, value]) => [...(name === key ? [value] : []), ...values(value, key)]);
}

/** GitHub's jobs by name, Azure DevOps' as a list, there also in stages. */
function jobsOf(pipeline: Json): Json[] {
  return values(pipeline, "jobs").flatMap((jobs) => (Array.isArray(jobs) ? jobs : Object.values(jobs as Json))) as Json[];
}

const shellTexts = (pipeline: Json): string[] => ["run", "script", "inlineScript"].flatMap((key) => values(pipeline, key)).filter((text): text is string => typeof text === "string");

for (const kind of ["github-actions", "azure-devops"]) {
  describe(`example pipelines: ${kind}`, () => {
    const files = readdirSync(join(FOLDER, kind));

    it("are there for pull requests, image, deployment and drift", () => {
      const parts = kind === "azure-devops" ? ["steps-prepare.yml"] : [];
      assert.deepEqual(files.toSorted(), ["deploy.yml", "drift.yml", "image.yml", "pull-request.yml", ...parts]);
    });

    it("have Terraform in every job that runs it: neither npm nor the runner brings it", () => {
      const runs = files.flatMap((file) => jobsOf(parsed(join(FOLDER, kind, file))).filter((job) => shellTexts(job).some((text) => /npm run (plan|deploy)|terraform -chdir/.test(text))));
      assert.equal(runs.length, 5);
      for (const job of runs) assert.ok(values(job, "uses").includes("hashicorp/setup-terraform@v3") || values(job, "template").includes("steps-prepare.yml"), JSON.stringify(job));
    });

    it("keep apart who may look, who may read secrets and who may change something", () => {
      const who = (file: string): string[] => {
        const pipeline = parsed(join(FOLDER, kind, file));
        const named = kind === "azure-devops" ? values(pipeline, "azureSubscription") : values(pipeline, "environment");
        return named.map((name) => String(name).replace("collector-", ""));
      };
      assert.deepEqual([who("pull-request.yml"), who("drift.yml"), who("deploy.yml")], [["pull-request"], ["plan"], ["plan", "deploy"]]);
      const plansOf = (file: string): string[] => shellTexts(parsed(join(FOLDER, kind, file))).filter((text) => text.includes("npm run plan"));
      // A refresh reads secrets, which nobody may who can merely open a pull request; drift is what a refresh finds.
      for (const plan of plansOf("pull-request.yml")) assert.match(plan, /-refresh=false/);
      for (const file of ["drift.yml", "deploy.yml"]) for (const plan of plansOf(file)) assert.doesNotMatch(plan, /-refresh=false/);
      for (const plan of plansOf("drift.yml")) assert.match(plan, /-detailed-exitcode/);
    });

    it("hand the plan over with the lock file of its providers", () => {
      const text = readFileSync(join(FOLDER, kind, "deploy.yml"), "utf8");
      assert.match(text, /collector\.tfplan/);
      assert.match(text, /\.terraform\.lock\.hcl/);
      assert.ok(shellTexts(parsed(join(FOLDER, kind, "deploy.yml"))).some((shell) => /npm run deploy -- "\S+" collector\.tfplan/.test(shell)));
    });

    for (const file of files) {
      it(`${file}: is YAML, its shell lines are shell, its npm scripts exist, and it holds no secret`, () => {
        const pipeline = parsed(join(FOLDER, kind, file));
        const texts = shellTexts(pipeline);
        assert.ok(texts.length > 0);
        for (const text of texts) {
          // Expressions of the pipeline are not the shell's.
          const shell = text.replaceAll(/\$\{\{.*?\}\}/g, "value").replaceAll(/\$\(([A-Z][A-Za-z_.]*)\)/g, "value");
          const checked = spawnSync("bash", ["-n"], { input: shell, encoding: "utf8" });
          assert.equal(checked.status, 0, `${text}\n${checked.stderr}`);
          for (const [, script = ""] of text.matchAll(/npm run (?:--silent )?([a-z-]+)/g)) assert.ok(SCRIPTS.includes(script), `npm run ${script}`);
        }
        for (const name of ["TF_VAR_access_key", "TF_VAR_encryption_key", "TF_VAR_destinations"]) {
          for (const value of values(pipeline, name)) assert.match(String(value), /^(\$\{\{ secrets\.[A-Z_]+ \}\}|\$\([A-Z_]+\))$/);
        }
      });
    }

    it("give Terraform every variable that the example stacks ask for, and log in without a stored secret", () => {
      for (const file of ["pull-request.yml", "deploy.yml", "drift.yml"]) {
        const text = readFileSync(join(FOLDER, kind, file), "utf8");
        for (const name of ["subscription_id", "container_image", "access_key", "encryption_key", "destinations", "secret_m365_client_secret"]) assert.ok(text.includes(`TF_VAR_${name}:`), `${file}: ${name}`);
        assert.match(text, /ARM_USE_OIDC: "true"/);
        assert.doesNotMatch(text, /ARM_CLIENT_SECRET|creds:/);
      }
    });
  });
}

describe("example pipelines: Azure DevOps' own rules", () => {
  const FILES = readdirSync(join(FOLDER, "azure-devops"));

  it("name only templates that are there", () => {
    for (const file of FILES) for (const template of values(parsed(join(FOLDER, "azure-devops", file)), "template")) assert.ok(FILES.includes(String(template)), `${file}: ${String(template)}`);
  });

  it("ask for a token whenever one is needed: the one of the job's start is good for minutes, a first deployment takes half an hour", () => {
    let count = 0;
    for (const file of FILES) {
      const tasks = values(parsed(join(FOLDER, "azure-devops", file)), "steps").flat().filter((step): step is Json => typeof step === "object" && step !== null && JSON.stringify(step).includes("ARM_USE_OIDC"));
      count += tasks.length;
      for (const task of tasks) {
        assert.match(shellTexts(task).join(), /ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID="\$AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"/, file);
        assert.doesNotMatch(shellTexts(task).join(), /ARM_OIDC_TOKEN/, file);
        const { SYSTEM_ACCESSTOKEN: token, SYSTEM_OIDCREQUESTURI: address } = task["env"] as Json;
        assert.deepEqual([token, address], ["$(System.AccessToken)", "$(System.OidcRequestUri)"], file);
      }
    }
    assert.equal(count, 4);
  });
});

describe("example pipelines: GitHub's own rules", () => {
  for (const file of readdirSync(join(FOLDER, "github-actions"))) {
    it(`${file}: triggers, permissions, and jobs with a runner, a time limit and steps`, () => {
      const workflow = parsed(join(FOLDER, "github-actions", file));
      assert.ok(workflow["on"] !== undefined && typeof workflow["name"] === "string");
      for (const [id, job] of Object.entries(workflow["jobs"] as Record<string, Json>)) {
        assert.match(id, /^[a-z_][a-z0-9_-]*$/);
        assert.ok(typeof job["runs-on"] === "string" && typeof job["timeout-minutes"] === "number" && Array.isArray(job["steps"]), id);
        assert.ok(job["permissions"] ?? workflow["permissions"], `${id} says what its token may`);
        for (const step of job["steps"] as Json[]) assert.equal(["run", "uses"].filter((key) => key in step).length, 1);
        const needed = [job["needs"] ?? []].flat() as string[];
        for (const other of needed) assert.ok(Object.hasOwn(workflow["jobs"] as object, other));
      }
    });
  }
});

describe("compose file", () => {
  it("is YAML, gives the service known settings only, and every secret and volume that it names", () => {
    const compose = parsed(join(ROOT, "compose.yaml"));
    const { collector, database } = compose["services"] as { collector: Json; database: Json };
    const variables = Object.keys(collector["environment"] as Json);
    const settings = JSON.parse(readFileSync(join(ROOT, "schema", "settings.schema.json"), "utf8")) as { properties: Json };
    for (const name of variables) assert.ok(name.replace(/_FILE$/, "") in settings.properties, name);
    for (const service of [collector, database]) {
      for (const secret of service["secrets"] as string[]) assert.ok(secret in (compose["secrets"] as Json), secret);
      for (const volume of service["volumes"] as string[]) assert.ok(Object.hasOwn(compose["volumes"] as Json, volume.split(":")[0] ?? ""), volume);
    }
  });
});
