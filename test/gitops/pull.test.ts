/** Pull mode against a real Git repository: what a day of commits, mistakes and outages does. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Secret } from "../../service/ports.js";
import type { Pull, PullTold } from "../../service/gitops/pull.js";
import { isConfigPath } from "../../service/gitops/repository.js";
import { createResolveSecret } from "../../service/system/secrets.js";
import { gitOrigin, type GitOriginSettings } from "../../service/system/git-origin.js";
import { gitMissing, makeRepository, type GitRepository } from "./git-repository.js";
import { HOUR_MS, pullOf } from "./pull-of.js";
import { openRig, type Rig } from "./rig.js";
import { source, sourceIn } from "./samples.js";

const missing = gitMissing();

interface Scene {
  readonly rig: Rig;
  readonly repository: GitRepository;
  readonly folder: string;
  readonly told: PullTold[];
  pull: Pull;
}

describe("pull mode from a Git repository", function () {
  let scene: Scene;
  let refused: Secret[];
  before(function () {
    if (missing !== undefined) {
      process.stdout.write(`    skipped: ${missing}\n`);
      this.skip();
    }
  });
  const origin = (more: Partial<GitOriginSettings> = {}) => gitOrigin({ url: scene.repository.url, branch: "main", path: "", folder: scene.folder, environment: process.env, ...more }, { resolveSecret: createResolveSecret({}), secretRefused: (secret) => void refused.push(secret) }, isConfigPath);

  beforeEach(async () => {
    refused = [];
    const [rig, repository, told] = [await openRig(), makeRepository(), []];
    scene = { rig, repository, told, folder: mkdtempSync(join(tmpdir(), "config-checkout-")) } as unknown as Scene;
    repository.commit({ "sources/a.json": source({ name: "a" }), "sources/b.json": source({ name: "b" }), "README.md": "x" });
    scene.pull = pullOf(origin(), rig, scene.told);
    await scene.pull.sync();
  });
  afterEach(async () => {
    await scene.pull.stop();
    await scene.rig.close();
    scene.repository.dispose();
    rmSync(scene.folder, { recursive: true, force: true });
  });

  it("takes the branch up, with commit and file on each object", () => {
    const { rig, repository } = scene;
    assert.deepEqual(rig.names(), ["a", "b"]);
    const revision = repository.git("rev-parse", "HEAD");
    assert.equal(rig.configuration.kept().revision, revision);
    assert.deepEqual(rig.configuration.kept().sources[rig.id("a")], { by: "pull", file: "sources/a.json", revision });
    assert.deepEqual(scene.told.map(({ kind }) => kind), ["applied"]);
    assert.equal(scene.pull.state().error, undefined);
  });

  it("keeps the last good revision when a bad commit follows, says what is wrong, and goes on with the next good one", async () => {
    const { rig, repository, pull } = scene;
    const good = repository.git("rev-parse", "HEAD");
    const bad = repository.commit({ "sources/b.json": source({ name: "b", tenantID: "nope" }), "sources/c.json": source({ name: "c" }) });
    await pull.sync();
    assert.deepEqual([rig.names(), rig.configuration.kept().revision], [["a", "b"], good]);
    const { error } = pull.state();
    assert.equal(error?.revision, bad);
    assert.deepEqual(error?.problems.map(({ file, line, pointer }) => [file, line, pointer]), [["sources/b.json", 9, "/config/tenantID"]]);
    await pull.sync();
    // Told once, not at every look.
    assert.deepEqual(scene.told.map(({ kind }) => kind), ["applied", "failed"]);
    const next = repository.commit({ "sources/b.json": source({ name: "b", category: "x" }) });
    await pull.sync();
    assert.deepEqual([rig.names(), rig.configuration.kept().revision, pull.state().error], [["a", "b", "c"], next, undefined]);
    assert.deepEqual(scene.told.map(({ kind }) => kind), ["applied", "failed", "applied"]);
  });

  it("follows a branch that was pushed by force", async () => {
    const { rig, repository, pull } = scene;
    const id = rig.id("a");
    repository.commit({ "sources/c.json": source({ name: "c" }) });
    await pull.sync();
    repository.git("checkout", "--quiet", "--orphan", "again");
    repository.git("branch", "--quiet", "-M", "again", "main");
    const forced = repository.commit({ "sources/b.json": null, "sources/c.json": null, "sources/a.json": source({ name: "a", category: "x" }) }, { force: true });
    await pull.sync();
    assert.equal(rig.configuration.kept().revision, forced);
    assert.deepEqual([rig.names(), rig.id("a")], [["a", "(b)", "(c)"], id]);
  });

  it("keeps id and worker of a source whose file moved, and id of one whose file was edited", async () => {
    const { rig, repository, pull } = scene;
    const [a, b, starts] = [rig.id("a"), rig.id("b"), rig.starts];
    const revision = repository.commit({ "sources/a.json": null, "sources/emea/new.yaml": JSON.stringify(source({ name: "a" })), "sources/b.json": source({ name: "b", category: "x" }) });
    await pull.sync();
    assert.deepEqual([rig.id("a"), rig.id("b"), rig.starts], [a, b, starts + 1]);
    assert.deepEqual(rig.configuration.kept().sources[a], { by: "pull", file: "sources/emea/new.yaml", revision });
  });

  it("pauses a source whose file was deleted, and deletes it after the grace period; back in time it goes on", async () => {
    const { rig, repository, pull } = scene;
    const id = rig.id("b");
    repository.commit({ "sources/b.json": null });
    await pull.sync();
    assert.deepEqual([rig.names(), rig.running.has(id)], [["a", "(b)"], false]);
    repository.git("revert", "--no-edit", "HEAD");
    repository.commit({});
    await pull.sync();
    assert.deepEqual([rig.names(), rig.id("b"), rig.running.has(id)], [["a", "b"], id, true]);
    repository.commit({ "sources/b.json": null });
    await pull.sync();
    rig.clock.now += 24 * HOUR_MS;
    await pull.sync();
    assert.deepEqual(rig.names(), ["a"]);
  });

  it("makes collectors, and keeps the ids of collectors and sources while files are edited and moved and sources go from one to another", async () => {
    const { rig, repository, pull } = scene;
    const a = rig.id("a");
    const made = repository.commit({ "collectors/west.json": { name: "west" }, "collectors/east.yaml": "name: east\n", "sources/a.json": sourceIn("west", { name: "a" }), "sources/c.json": sourceIn("east", { name: "c" }) });
    await pull.sync();
    assert.deepEqual([rig.names(), rig.id("a"), rig.folders()], [["west/a", "b", "east/c"], a, ["east", "west"]]);
    assert.deepEqual(rig.configuration.kept().collectors[rig.folder("west")], { by: "pull", file: "collectors/west.json", revision: made });
    const [west, east, c] = [rig.folder("west"), rig.folder("east"), rig.id("c")];
    const revision = await rig.store.commit(a, 0, { coverage: { spans: [1] }, totals: {}, buckets: [] });
    repository.commit({ "collectors/west.json": null, "collectors/emea/w.json": { name: "west", category: "x" }, "collectors/east.yaml": "name: far east\n", "sources/a.json": null, "sources/far/a.json": sourceIn("far east", { name: "a" }), "sources/c.json": sourceIn("far east", { name: "c" }) });
    await pull.sync();
    assert.deepEqual([pull.state().error, rig.names(), rig.folder("west"), rig.folder("far east"), rig.id("a"), rig.id("c")], [undefined, ["far east/a", "b", "far east/c"], west, east, a, c]);
    assert.equal((await rig.store.progress(a)).revision, revision);
  });

  it("refuses a commit that names a collector which nothing describes, and keeps the last good revision", async () => {
    const { rig, repository, pull } = scene;
    const good = repository.commit({ "collectors/west.json": { name: "west" }, "sources/a.json": sourceIn("west", { name: "a" }) });
    await pull.sync();
    repository.commit({ "collectors/west.json": null });
    await pull.sync();
    assert.deepEqual(pull.state().error?.problems.map(({ file, line, pointer }) => [file, line, pointer]), [["sources/a.json", 14, "/collector"]]);
    assert.deepEqual([rig.names(), rig.folders(), rig.configuration.kept().revision], [["west/a", "b"], ["west"], good]);
  });

  it("deletes a collector whose file is gone after the grace period with its sources, and never with what somebody posted into it", async () => {
    const { rig, repository, pull } = scene;
    repository.commit({ "collectors/west.json": { name: "west" }, "collectors/east.json": { name: "east" }, "sources/c.json": sourceIn("west", { name: "c" }), "sources/d.json": sourceIn("east", { name: "d" }) });
    await pull.sync();
    const [west, c] = [rig.folder("west"), rig.id("c")];
    const posted = await rig.definitions.create(rig.folder("east"), source({ name: "posted" }));
    repository.commit({ "collectors/west.json": null, "collectors/east.json": null, "sources/c.json": null, "sources/d.json": null });
    await pull.sync();
    assert.deepEqual([rig.names(), rig.folders()], [["a", "b", "(west/c)", "(east/d)", "east/posted"], ["east", "west"]]);
    repository.git("revert", "--no-edit", "HEAD");
    repository.commit({});
    await pull.sync();
    assert.deepEqual([rig.names(), rig.folder("west"), rig.id("c"), rig.running.has(c)], [["a", "b", "west/c", "east/d", "east/posted"], west, c, true]);
    repository.commit({ "collectors/west.json": null, "collectors/east.json": null, "sources/c.json": null, "sources/d.json": null });
    await pull.sync();
    rig.clock.now += 24 * HOUR_MS;
    await pull.sync();
    await rig.emptied();
    assert.deepEqual([rig.names(), rig.folders(), (await rig.store.collectors()).map(({ name }) => name)], [["a", "b", "east/posted"], ["east"], ["east"]]);
    assert.match(scene.told.flatMap((one) => (one.kind === "applied" ? one.planned.notes : [])).join("\n"), /"east" has no file any more: it stays, because it holds sources that are not from files \(posted\)/);
    await (await rig.definitions.remove(posted.source.record.id)).gone;
    await pull.sync();
    await rig.emptied();
    assert.deepEqual(rig.folders(), []);
  });

  it("with prune deletes at once", async () => {
    const { rig, repository, pull } = scene;
    await pull.stop();
    scene.pull = pullOf(origin(), rig, scene.told, { prune: true });
    repository.commit({ "sources/b.json": null });
    await scene.pull.sync();
    assert.deepEqual(rig.names(), ["a"]);
  });

  it("goes on with what it has while the repository is gone, over a restart too, and takes up what came meanwhile", async () => {
    const { rig, repository, pull } = scene;
    const revision = rig.configuration.kept().revision;
    await repository.vanish();
    await pull.sync();
    assert.match(pull.state().error?.message ?? "", /cannot be fetched/);
    assert.equal(pull.state().error?.revision, undefined);
    assert.deepEqual([rig.names(), rig.configuration.kept().revision, rig.running.size], [["a", "b"], revision, 2]);
    await pull.stop();
    await rig.restart();
    scene.pull = pullOf(origin(), rig, scene.told);
    await scene.pull.sync();
    assert.ok(scene.pull.state().error);
    assert.deepEqual([rig.names(), rig.running.size], [["a", "b"], 2]);
    await repository.reappear();
    const next = repository.commit({ "sources/c.json": source({ name: "c" }) });
    await scene.pull.sync();
    assert.deepEqual([rig.names(), rig.configuration.kept().revision, scene.pull.state().error], [["a", "b", "c"], next, undefined]);
  });

  it("refuses a revision without any file: that is a wrong path", async () => {
    const { rig, repository, pull } = scene;
    repository.commit({ "sources/a.json": null, "sources/b.json": null });
    await pull.sync();
    assert.match(pull.state().error?.problems[0]?.message ?? "", /no file under sources/);
    assert.deepEqual(rig.names(), ["a", "b"]);
  });

  it("reads a folder of the repository and an environment", async () => {
    const { rig, repository, pull } = scene;
    await pull.stop();
    repository.commit({ "team/sources/a.json": source({ name: "a" }), "team/environments/test/sources/a.json": { config: { category: "test" } } });
    scene.pull = pullOf(origin({ path: "team" }), rig, scene.told, { environment: "test" });
    await scene.pull.sync();
    assert.deepEqual([rig.names(), rig.definitions.get(rig.id("a"))!.config.category], [["a", "(b)"], "test"]);
  });

  it("obeys neither links nor hooks nor filters of a repository", async () => {
    const { rig, repository, pull } = scene;
    symlinkSync("/etc/passwd", join(repository.folder, "sources", "link.json"));
    repository.commit({ ".gitattributes": "* filter=evil\n" });
    await pull.sync();
    // Without links a link is a file that holds a path, which is no JSON.
    assert.deepEqual(pull.state().error?.problems.map(({ file }) => file), ["sources/link.json"]);
    assert.deepEqual(rig.names(), ["a", "b"]);
  });

  it("mends a checkout that was spoilt", async () => {
    const { rig, repository, pull, folder } = scene;
    writeFileSync(join(folder, "checkout", ".git", "HEAD"), "nonsense");
    repository.commit({ "sources/c.json": source({ name: "c" }) });
    await pull.sync();
    if (pull.state().error) await pull.sync();
    assert.deepEqual([rig.names(), pull.state().error], [["a", "b", "c"], undefined]);
  });

  it("says which branch is missing, and never shows the token", async () => {
    await scene.pull.stop();
    const secret = "ghp_VerySecretToken123456";
    scene.pull = pullOf(origin({ branch: "nope", token: secret, url: "http://127.0.0.1:9/x.git" }), scene.rig, scene.told);
    await scene.pull.sync();
    assert.match(scene.pull.state().error?.message ?? "", /branch nope of http:\/\/127.0.0.1:9\/x.git cannot be fetched: .*127.0.0.1/);
    const kept = readdirSync(scene.folder, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(scene.folder, name)).isFile()).map((name) => readFileSync(join(scene.folder, name), "latin1"));
    assert.doesNotMatch(JSON.stringify([scene.told, kept, scene.pull.state()]), /VerySecretToken/);
  });

  it("sends the token to the repository's host, and to no other that it redirects to", async () => {
    await scene.pull.stop();
    const asked: (string | undefined)[][] = [];
    const serve = async (answer: (port: number) => Record<string, string>) => {
      const list: (string | undefined)[] = [];
      asked.push(list);
      const server = createServer((request, response) => {
        list.push(request.headers.authorization);
        response.writeHead(302, answer((server.address() as AddressInfo).port)).end();
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    };
    const other = await serve(() => ({ location: "http://127.0.0.1:9/" }));
    const first = await serve(() => ({ location: `http://localhost:${(other.address() as AddressInfo).port}/x.git/info/refs?service=git-upload-pack` }));
    scene.pull = pullOf(origin({ token: "the-token", url: `http://127.0.0.1:${(first.address() as AddressInfo).port}/x.git` }), scene.rig, scene.told);
    await scene.pull.sync();
    assert.equal(asked[1]?.[0], `Basic ${Buffer.from("x-access-token:the-token").toString("base64")}`);
    assert.deepEqual([...new Set(asked[0])].filter((header) => header !== undefined), []);
    for (const server of [first, other]) server.close();
  });

  it("looks a token by reference up at each fetch, says when it leads nowhere, and has one that failed read anew", async () => {
    await scene.pull.stop();
    const came: (string | undefined)[] = [];
    const server = createServer((request, response) => (came.push(request.headers.authorization), response.writeHead(403).end()));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const token = { secretRef: `file:${join(scene.folder, "token")}` };
    scene.pull = pullOf(origin({ token, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.git` }), scene.rig, scene.told);
    await scene.pull.sync();
    assert.match(scene.pull.state().error?.message ?? "", /secretRef "file:.*token": ENOENT/);
    assert.deepEqual([came, refused], [[], []]);
    for (const value of ["first-token", "second-token"]) {
      writeFileSync(join(scene.folder, "token"), `${value}\n`);
      await scene.pull.sync();
      assert.equal(Buffer.from(came.at(-1)!.slice("Basic ".length), "base64").toString(), `x-access-token:${value}`);
    }
    assert.deepEqual(refused, [token, token]);
    assert.deepEqual(scene.rig.names(), ["a", "b"]);
    server.close();
  });

  it("keeps the ssh key for its owner alone", async () => {
    await scene.pull.stop();
    scene.pull = pullOf(origin({ url: "ssh://git@127.0.0.1:9/x.git", sshKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----" }), scene.rig, scene.told);
    await scene.pull.sync();
    assert.ok(scene.pull.state().error);
    assert.equal(statSync(join(scene.folder, "ssh-key")).mode & 0o777, 0o600);
  });
});
