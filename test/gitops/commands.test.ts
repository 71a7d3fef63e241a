/** The commands as people and workflows use them: real processes, the example repository, the page docs/configure.md word for word. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { systemClock } from "../../service/system/clock.js";
import { gitMissing, makeRepository } from "./git-repository.js";
import { ACCESS, runService, type RunningService } from "./service.js";
import { CONFIG, source, sourceIn } from "./samples.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXAMPLE = join(ROOT, "examples/config-repo");
const SKIPPED = ["curl", "openssl", "sh"].find((name) => spawnSync(name, [name === "openssl" ? "version" : name === "sh" ? "-c" : "--version", "true"]).error);

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A place with the command `collector` on its PATH. */
function workshop() {
  const folder = mkdtempSync(join(tmpdir(), "config-commands-"));
  const script = join(folder, "collector");
  writeFileSync(script, `#!/bin/sh\nexec "${process.execPath}" --import="${join(ROOT, "node_modules/tsx/dist/loader.mjs")}" "${join(ROOT, "service/cli/collector.ts")}" "$@"\n`);
  chmodSync(script, 0o755);
  cpSync(EXAMPLE, join(folder, "config-repo"), { recursive: true });
  const run = (command: string, environment: Readonly<Record<string, string>> = {}): Promise<Ran> =>
    new Promise((resolve, reject) => {
      const child = spawn("sh", ["-e", "-c", command], { cwd: folder, env: { PATH: `${folder}:${process.env["PATH"]}`, HOME: folder, ...environment } });
      const [out, err]: [Buffer[], Buffer[]] = [[], []];
      child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }));
    });
  return { folder, run, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

function reaching(service: RunningService): Record<string, string> {
  return { COLLECTOR_URL: service.url, COLLECTOR_ACCESS_ID: ACCESS.accessId, COLLECTOR_ACCESS_KEY: ACCESS.accessKey };
}

/** Blocks of the page that are marked with a word, in their order. */
function blocks(word: string, name = "docs/configure.md"): string[] {
  const page = readFileSync(join(ROOT, name), "utf8");
  return [...page.matchAll(/<!-- run: (\w+) -->\n *```\w+\n([\s\S]*?)```/g)].filter(([, marked]) => marked === word).map(([, , text]) => text!);
}

describe("commands for configuration from files", function () {
  // Some dozen processes, each of which loads the command anew.
  this.timeout(240_000);
  before(function () {
    if (SKIPPED !== undefined) {
      process.stdout.write(`    skipped: ${SKIPPED} is not there\n`);
      this.skip();
    }
  });
  let shop: ReturnType<typeof workshop>;
  let service: RunningService;
  beforeEach(async () => {
    shop = workshop();
    service = await runService();
  });
  afterEach(async () => {
    await service.stop();
    shop.dispose();
  });

  it("validate: exit codes and formats", async () => {
    const good = await shop.run("collector validate config-repo");
    assert.deepEqual([good.code, good.out], [0, "1 collector, 2 sources, 2 destinations (environments: production, test): all in order.\n"], good.err);
    writeFileSync(join(shop.folder, "config-repo/sources/bad.json"), JSON.stringify(source({ clientSecret: "Very~Secret-Value.8" }), null, 2));
    const [text, json, github] = await Promise.all(["text", "json", "github"].map((format) => shop.run(`collector validate config-repo --format ${format}`)));
    assert.deepEqual([text!.code, json!.code, github!.code], [1, 1, 1]);
    assert.match(text!.out, /^config-repo\/sources\/bad\.json:10:5: error at \/config\/clientSecret: .*\n {4}Write \{"secretRef"/m);
    assert.equal((JSON.parse(json!.out) as { problems: { line: number }[] }).problems[0]!.line, 10);
    assert.match(github!.out, /^::error file=config-repo\/sources\/bad\.json,line=10,col=5,/m);
    assert.doesNotMatch(text!.out + json!.out + github!.out, /Very~Secret/);
    rmSync(join(shop.folder, "config-repo/sources/bad.json"));
    writeFileSync(join(shop.folder, "config-repo/sources/astray.json"), JSON.stringify(sourceIn("exchnage", { name: "astray" }), null, 2));
    writeFileSync(join(shop.folder, "config-repo/collectors/again.yaml"), "# twice\nname: exchange\n");
    const astray = await shop.run("collector validate config-repo");
    assert.deepEqual([astray.code, astray.out], [1, [
      'config-repo/collectors/exchange.json:3:3: error at /name: collectors/again.yaml has the name "exchange" already.', "    Names must be unique: change one of the two.",
      'config-repo/sources/astray.json:14:3: error at /collector: The collector "exchnage" does not exist.', "    Known are default, exchange: correct the name, or describe the collector in a file under collectors/. Collectors that were made by the API count when they have such a file, too.",
      "2 collectors, 3 sources, 2 destinations (environments: production, test): 2 problems.", "",
    ].join("\n")]);
    assert.equal((await shop.run("collector validate nowhere")).code, 1);
    assert.equal((await shop.run("collector validate config-repo --environment nope")).code, 1);
  });

  it("plan and apply: nothing is sent when files are wrong, and errors end with 1", async () => {
    writeFileSync(join(shop.folder, "config-repo/sources/bad.json"), "{");
    const against = `--against "$COLLECTOR_URL" --environment production`;
    const refused = await shop.run(`collector apply config-repo ${against}`, reaching(service));
    assert.equal(refused.code, 1);
    assert.match(refused.err, /1 problem: nothing was sent/);
    rmSync(join(shop.folder, "config-repo/sources/bad.json"));
    writeFileSync(join(shop.folder, "config-repo/sources/x.json"), JSON.stringify(source({ name: "x", destinations: ["operators"] })));
    const absent = await shop.run(`collector plan config-repo ${against} --destination operators`, reaching(service));
    assert.equal(absent.code, 1);
    assert.match(absent.err, /sources\/x\.json: The destination "operators" does not exist/);
    rmSync(join(shop.folder, "config-repo/sources/x.json"));
    const down = await shop.run("collector plan config-repo --against http://127.0.0.1:9", reaching(service));
    assert.deepEqual([down.code, /cannot be reached/.test(down.err)], [1, true]);
  });

  it("does what docs/configure.md says of curl", async () => {
    const ran = await shop.run(blocks("curl").join("\n"), reaching(service));
    assert.equal(ran.code, 0, ran.out + ran.err);
    assert.match(ran.out, /"pollingIntervalMin":"10m"/);
    const { sources } = (await service.send("GET", "/api/v1/sources")).json as { sources: { alive: boolean }[] };
    assert.deepEqual(sources.filter(({ alive }) => alive), []);
  });

  it("does what README.md says of curl and Git, in a checkout", async () => {
    const commands = ["curl", "git"].flatMap((word) => blocks(word, "README.md"));
    assert.equal(commands.length, 2);
    const ran = await shop.run(`cd "${ROOT}"\n${commands.join("\n")}`, reaching(service));
    assert.equal(ran.code, 0, ran.out + ran.err);
    assert.match(ran.out, /"name":"Exchange trace"[\s\S]*all in order[\s\S]*create source "contoso"[\s\S]*Done\./);
  });

  it("makes the access key that Terraform needs, as docs/configure.md and docs/terraform.md say", async () => {
    for (const name of ["docs/configure.md", "docs/terraform.md"]) {
      const [command, ...others] = blocks("terraform", name);
      assert.deepEqual(others, []);
      const ran = await shop.run(command!, reaching(service));
      assert.equal(ran.code, 0, ran.err);
      const [, id, key] = /access id {3}(\S+)\naccess key {2}(\S+)/.exec(ran.out)!;
      const sent = { headers: { authorization: `Basic ${Buffer.from(`${id}:${key}`).toString("base64")}` }, anonymous: true } as const;
      assert.equal((await service.send("POST", "/api/v1/collectors", { ...sent, body: { collector: { name } } })).status, 200);
      assert.equal((await service.send("GET", "/api/v1/accessKeys", sent)).status, 403, "an editor's, and no more");
    }
  });

  it("does what docs/configure.md says of Git, and the export plans as no change", async () => {
    await service.send("POST", "/api/v1/sources", { body: source({ name: "by hand", clientSecret: "Very~Secret-Value.8" }) });
    const ran = await shop.run(blocks("git").join("\n"), reaching(service));
    assert.equal(ran.code, 0, ran.out + ran.err);
    assert.match(ran.out, /\+ create collector "exchange" .*\(collectors\/exchange\.json\)/);
    assert.match(ran.out, /\+ create source "contoso" in "exchange"/);
    assert.match(ran.out, /No changes: 5 objects are as the files say/);
    assert.match(ran.out, /\| \*\*update\*\* \| source \| contoso in exchange \|/);
    assert.match(ran.out, /BY_HAND_CLIENT_SECRET/);

    const exported = await shop.run(`collector export all --from "$COLLECTOR_URL" --json`, reaching(service));
    assert.equal(exported.code, 0, exported.err);
    const files = readdirSync(join(shop.folder, "all"), { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(shop.folder, "all", name)).isFile());
    assert.doesNotMatch(files.map((name) => readFileSync(join(shop.folder, "all", name), "utf8")).join(), /Very~Secret/);
    const again = await shop.run(`collector export all --from "$COLLECTOR_URL"`, reaching(service));
    assert.deepEqual([again.code, /--force/.test(again.err)], [1, true]);
    rmSync(join(shop.folder, "all/sources/by-hand.json"));
    const plan = await shop.run(`collector plan all --against "$COLLECTOR_URL"`, reaching(service));
    assert.equal(plan.code, 0, plan.out + plan.err);
  });

  it("exports hosted collectors and what is in them so that validate, plan and apply find nothing to do", async () => {
    const made = async (name: string, more: object = {}) => ((await service.send("POST", "/api/v1/collectors", { body: { collector: { collectorType: "Hosted", name, ...more } } })).json as { collector: { id: number } }).collector.id;
    const [west, east] = [await made("West, Köln", { description: "one", category: "a/b", timeZone: "Europe/Berlin", fields: { team: "security" } }), await made("east")];
    await made("empty");
    for (const path of [`collectors/${west}/sources`, `collectors/${east}/sources`, "sources"]) {
      const posted = await service.send("POST", `/api/v1/${path}`, { body: source({ name: "contoso", clientSecret: `Very~Secret-${path}` }) });
      assert.equal(posted.status, 200, posted.text);
    }
    const before = [(await service.send("GET", "/api/v1/collectors")).text.replaceAll(/"lastSeenAlive":\d+/g, ""), await Promise.all([west, east, 100_000_000].map(async (id) => (await service.send("GET", `/api/v1/collectors/${id}/sources?download=true`)).text))];
    const exported = await shop.run(`collector export all --from "$COLLECTOR_URL" --json`, reaching(service));
    assert.equal(exported.code, 0, exported.err);
    const { files, variables } = JSON.parse(exported.out) as { files: string[]; variables: string[] };
    assert.deepEqual(files.filter((path) => !path.startsWith(".schema")).toSorted(), ["collectors/east.json", "collectors/empty.json", "collectors/west-koln.json", "sources/contoso.json", "sources/east-contoso.json", "sources/west-koln-contoso.json"]);
    // One variable for each secret: three sources of one name have three.
    assert.deepEqual(variables.toSorted(), ["CONTOSO_CLIENT_SECRET", "EAST_CONTOSO_CLIENT_SECRET", "WEST_KOLN_CONTOSO_CLIENT_SECRET"]);
    const read = (path: string) => JSON.parse(readFileSync(join(shop.folder, "all", path), "utf8")) as { $schema: string; collector?: string };
    assert.deepEqual(read("collectors/west-koln.json"), { $schema: "../.schema/collector.json", name: "West, Köln", description: "one", category: "a/b", timeZone: "Europe/Berlin", fields: { team: "security" } });
    assert.deepEqual([read("sources/west-koln-contoso.json").collector, read("sources/contoso.json").collector], ["West, Köln", undefined]);
    assert.ok(existsSync(join(shop.folder, "all/.schema/collector.json")));
    const validated = await shop.run("collector validate all");
    assert.deepEqual([validated.code, validated.out], [0, "3 collectors, 3 sources, 0 destinations: all in order.\n"]);
    // Only the secrets differ: what runs has them, the files refer to them.
    for (const format of ["text", "markdown"]) {
      const planned = await shop.run(`collector plan all --against "$COLLECTOR_URL" --format ${format}`, reaching(service));
      assert.deepEqual([planned.code, /3 to update; 3 unchanged\./.test(planned.out), /create|delete/.test(planned.out)], [2, true, false], planned.out);
    }
    const planned = JSON.parse((await shop.run(`collector plan all --against "$COLLECTOR_URL" --format json`, reaching(service))).out) as { steps: { object: string; collector?: string; changes: { pointer: string }[] }[] };
    assert.deepEqual(planned.steps.flatMap(({ object, collector, changes }) => changes.map(({ pointer }) => `${object} ${collector} ${pointer}`)), ["undefined", "east", "West, Köln"].map((collector) => `source ${collector} /config/clientSecret`));
    const applied = await shop.run(`collector apply all --against "$COLLECTOR_URL"`, reaching(service));
    assert.equal(applied.code, 0, applied.err);
    for (const again of ["plan", "apply"]) {
      const ran = await shop.run(`collector ${again} all --against "$COLLECTOR_URL" --prune`, reaching(service));
      assert.deepEqual([ran.code, /No changes: 6 objects are as the files say/.test(ran.out)], [0, true], ran.out + ran.err);
    }
    const after = [(await service.send("GET", "/api/v1/collectors")).text.replaceAll(/"lastSeenAlive":\d+/g, "").replaceAll(/,"managed":\{[^}]*\}/g, ""), await Promise.all([west, east, 100_000_000].map(async (id) => (await service.send("GET", `/api/v1/collectors/${id}/sources?download=true`)).text))];
    assert.deepEqual(after[0], before[0]);
    assert.deepEqual((after[1] as string[]).map((text) => text.replaceAll(/\{"secretRef":"env:\w+"\}/g, '"********"')), before[1]);
    // A second export writes the same files.
    const second = await shop.run(`collector export again --from "$COLLECTOR_URL" && diff -r all again`, reaching(service));
    assert.equal(second.code, 0, second.out + second.err);
  });

  it("runs the steps of the example's workflow", async () => {
    const workflow = parse(readFileSync(join(EXAMPLE, ".github/workflows/configuration.yml"), "utf8")) as { jobs: Record<string, { steps: { name?: string; run?: string }[] }> };
    const step = (job: string, name: string) => `cd config-repo\n${workflow.jobs[job]!.steps.find((one) => one.name === name)!.run!}`;
    const validated = await shop.run(step("validate", "Validate"));
    assert.equal(validated.code, 0, validated.out);
    const planned = await shop.run(step("plan", "Plan"), reaching(service));
    assert.equal(planned.code, 0, planned.err);
    assert.match(readFileSync(join(shop.folder, "config-repo/plan.md"), "utf8"), /### Plan: .*environment production[\s\S]*5 to create/);
    const applied = await shop.run(step("apply", "Apply"), { ...reaching(service), GITHUB_SHA: "0123456789abcdef0123456789abcdef01234567" });
    assert.equal(applied.code, 0, applied.err);
    assert.match((await service.send("GET", "/api/v1/config")).text, /"revision":"0123456789abcdef0123456789abcdef01234567"/);
    assert.deepEqual(Object.values(workflow.jobs).flatMap(({ steps }) => steps).filter((one) => /\$\{\{/.test(one.run ?? "")), [], "expressions in scripts are injections");
  });

  it("does what docs/configure.md says of pull mode, with the example in a real repository", async function () {
    const why = gitMissing();
    if (why !== undefined) {
      process.stdout.write(`    skipped: ${why}\n`);
      this.skip();
    }
    const [settings, commands] = blocks("pull");
    const repository = makeRepository();
    cpSync(EXAMPLE, repository.folder, { recursive: true });
    const commit = repository.commit({});
    const given = Object.fromEntries(settings!.trim().split("\n").map((line) => line.split("=") as [string, string]));
    const pulling = await runService({ ...given, COLLECTOR_CONFIG_REPO: repository.url });
    try {
      const state = async () => ((await pulling.send("GET", "/api/v1/config")).json as { config: { revision?: string; error?: unknown; sources: { name: string; file: string }[] } }).config;
      while ((await state()).revision === undefined && (await state()).error === undefined) await systemClock.sleep(20);
      const now = await state();
      assert.deepEqual([now.error, now.revision, now.sources.map(({ name, file }) => [name, file])], [undefined, commit, [["contoso", "sources/contoso.json"], ["fabrikam", "sources/fabrikam.yaml"]]]);
      const ran = await shop.run(commands!, reaching(pulling));
      assert.equal(ran.code, 0, ran.out + ran.err);
      assert.match(ran.out, new RegExp(commit));
    } finally {
      await pulling.stop();
      repository.dispose();
    }
  });
});

describe("schemas for editors", () => {
  const compile = (kind: string) => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    return ajv.compile(JSON.parse(readFileSync(join(ROOT, `schema/editor/${kind}.json`), "utf8")) as object);
  };

  it("need nothing but themselves, take the example's files and refuse what the collector refuses", () => {
    const [isSource, isDestination, isCollector] = [compile("source"), compile("destination"), compile("collector")];
    for (const [folder, check] of [["sources", isSource], ["destinations", isDestination], ["collectors", isCollector]] as const) {
      for (const name of readdirSync(join(EXAMPLE, folder))) {
        assert.ok(check(parse(readFileSync(join(EXAMPLE, folder, name), "utf8"))), `${name}: ${JSON.stringify(check.errors)}`);
      }
    }
    const { name: _name, ...nameless } = CONFIG;
    const refused = [source({ clientSecret: "literal" }), source({ tenantID: "nope" }), source({ unknown: 1 }), { ...(source() as object), config: nameless }, sourceIn("")];
    assert.deepEqual(refused.filter((value) => isSource(value)), []);
    assert.deepEqual([{ description: "a" }, { name: "" }, { name: "a", timezone: "Etc/UTC" }, { name: "a", fields: { x: 1 } }].filter((value) => isCollector(value)), []);
    assert.deepEqual([{ name: "a" }, { name: "a", type: "kafka" }, { name: "a", type: "sumo-logic-http", url: "https://example/literal" }, { name: "a", type: "stdout", path: "x" }].filter((value) => isDestination(value)), []);
  });

  it("are where the example's files say", () => {
    for (const path of ["sources/contoso.json", "destinations/sumo.json", "collectors/exchange.json"]) {
      const { $schema } = JSON.parse(readFileSync(join(EXAMPLE, path), "utf8")) as { $schema: string };
      assert.ok(existsSync(join(EXAMPLE, path, "..", $schema)), path);
    }
  });
});
