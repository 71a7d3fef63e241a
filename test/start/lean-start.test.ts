/** What a start loads, and what not: a static import too many is found here, not by a stopwatch. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileService, ROOT, type Compiled } from "../e2e/compiled.js";
import { killLeftovers } from "../e2e/program.js";
import { postgresObstacle, startPostgresServer } from "../store/postgres-server.js";
import { loadedCode, type LoadedCode } from "./loaded-code.js";

const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { dependencies: Record<string, string> };

/** What every start needs: ajv for its settings, pino for its log. */
const FIRST = ["ajv", "ajv-formats", "pino"];
/**
 * What answers requests and runs sources. openid-client, which brings jose, is loaded with the app and not with the first token: in the
 * simulation time stands still while anything is computed, but not while a file is read.
 */
const SERVING = [...FIRST, "express", "helmet", "jose", "openid-client", "prom-client"];

/** Files that an ordinary start has no use for. */
const UNUSED = /^service\/(?:cli|emulator)\/|^service\/(?:pulling|web\/entra-tokens|web\/openapi\/.*|store\/postgres.*|system\/git-origin)\.js$/;

/** Of the packages that package.json names; what those bring with them is theirs. */
function named({ packages }: LoadedCode): readonly string[] {
  return packages.filter((name) => Object.hasOwn(dependencies, name));
}

describe("a start loads what it needs", function () {
  this.timeout(120_000);
  let compiled: Compiled;
  let folder: string;

  const start = (name: string, environment: Readonly<Record<string, string>> = {}) =>
    loadedCode(compiled.main, { COLLECTOR_DATA_DIR: join(folder, name), COLLECTOR_PORT: "0", ...environment });

  before(async () => {
    compiled = await compileService();
    folder = mkdtempSync(join(tmpdir(), "lean-start-"));
  });
  after(async () => {
    await killLeftovers();
    await compiled.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it("with the embedded store: its driver, no other, and nothing of the command line and the emulator", async () => {
    const loaded = await start("embedded");
    assert.equal(loaded.exitCode, 0);
    assert.deepEqual(named(loaded), [...SERVING, "libsql"].toSorted());
    assert.ok(loaded.files.includes("service/web/index.js"), "the list is of the whole start");
    assert.deepEqual(loaded.files.filter((path) => UNUSED.test(path)), []);
  });

  const withPostgres = "with PostgreSQL: its driver and not the embedded one's";
  const obstacle = postgresObstacle();
  if (obstacle !== undefined) it.skip(`${withPostgres}: not run, ${obstacle}`);
  else it(withPostgres, async () => {
    const server = await startPostgresServer();
    try {
      const { connectionString } = server.connection("public");
      const loaded = await start("shared", { DATABASE_URL: connectionString!, COLLECTOR_ENCRYPTION_KEY: Buffer.alloc(32).toString("base64") });
      assert.equal(loaded.exitCode, 0);
      assert.deepEqual(named(loaded), [...SERVING, "pg"].toSorted());
    } finally {
      await server.dispose();
    }
  });

  it("before the HTTP server listens: neither the web's code nor the metrics'", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    try {
      const loaded = await start("taken", { COLLECTOR_PORT: String((other.address() as AddressInfo).port) });
      assert.equal(loaded.exitCode, 78);
      assert.deepEqual(named(loaded), [...FIRST, "libsql"].toSorted());
    } finally {
      other.close();
    }
  });

  it("with bearer tokens and configuration from files: their libraries, too", async () => {
    const files = join(folder, "files");
    mkdirSync(join(files, "destinations"), { recursive: true });
    writeFileSync(join(files, "destinations", "default.yaml"), "name: out\ntype: stdout\n");
    const id = "11111111-2222-3333-4444-555555555555";
    const loaded = await start("configured", { COLLECTOR_CONFIG_DIR: files, COLLECTOR_ENTRA_TENANT_ID: id, COLLECTOR_ENTRA_AUDIENCE: id });
    assert.equal(loaded.exitCode, 0);
    assert.deepEqual(named(loaded), [...SERVING, "libsql", "yaml"].toSorted());
    assert.deepEqual(loaded.files.filter((path) => UNUSED.test(path)), ["service/pulling.js", "service/system/git-origin.js", "service/web/entra-tokens.js"]);
  });
});
