/** compose.yaml as far as one can go without containers: its own preparations, and the service with the environment that it gives. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { ENVIRONMENT } from "../../service/environment.js";
import { openPostgresDatabase } from "../../service/store/postgres.js";
import { opensslObstacle } from "../azure/certificates.js";
import { FROM_SOURCES, ROOT } from "../e2e/compiled.js";
import { startProgram, type Program } from "../e2e/program.js";
import { until } from "../e2e/until.js";
import { GUARDED_USER, postgresObstacle, startPostgresServer, type PostgresServer } from "../store/postgres-server.js";

interface Compose {
  readonly services: { readonly collector: Service; readonly database: Service };
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}
interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly healthcheck: { readonly test: readonly string[] };
}

const text = readFileSync(join(ROOT, "compose.yaml"), "utf8");
const { services, secrets } = parse(text) as Compose;
const PREPARATIONS = [...text.matchAll(/^# {3}(.+)$/gm)].map(([, line]) => line).join("\n");
const SECRET = "/run/secrets/";

describe("compose file", () => {
  it("keeps the collector's root file system read-only and its rights at none", () => {
    const { read_only: readOnly, cap_drop: dropped, security_opt: options } = services.collector;
    assert.deepEqual([readOnly, dropped, options], [true, ["ALL"], ["no-new-privileges:true"]]);
  });

  const obstacle = postgresObstacle() ?? opensslObstacle();
  if (obstacle !== undefined) it.skip(`not run, ${obstacle}`);
  else describe("its preparations and its environment", () => prepared());
});

function prepared(): void {
  let folder: string;
  let server: PostgresServer;
  let program: Program | undefined;
  const secretFile = (name: string): string => join(folder, secrets[name]!.file);
  const secret = (name: string): string => readFileSync(secretFile(name), "utf8").trim();

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "compose-"));
    mkdirSync(join(folder, "examples"));
    cpSync(join(ROOT, "examples/destinations"), join(folder, "examples/destinations"), { recursive: true });
    server = await startPostgresServer();
  });
  after(async () => {
    await program?.signal("SIGKILL");
    await server.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("makes every secret that it names, in a folder that nobody else can enter", () => {
    const made = spawnSync("sh", ["-ec", PREPARATIONS], { cwd: folder, encoding: "utf8" });
    assert.equal(made.status, 0, made.stderr);
    for (const name of Object.keys(secrets)) assert.ok(statSync(secretFile(name)).size > 0 && (statSync(secretFile(name)).mode & 0o777) === 0o444, name);
    assert.equal(statSync(join(folder, "secrets")).mode & 0o777, 0o700);
  });

  it("gives the service what it starts with: password, keys and destinations from files, state in PostgreSQL, nothing in the data folder", async () => {
    const socket = decodeURIComponent(/@([^/?]+)/.exec(server.connection("public").connectionString!)![1]!);
    const { PGDATABASE: database } = services.collector.environment;
    const behind = openPostgresDatabase(server.connection("public"));
    await behind.query(`CREATE ROLE ${GUARDED_USER} LOGIN PASSWORD '${secret("database-password")}'`);
    await behind.query(`CREATE DATABASE ${database} OWNER ${GUARDED_USER}`);
    await behind.close();

    const dataDir = join(folder, "data");
    const given = Object.entries(services.collector.environment).map(([name, value]) => [name, value.startsWith(SECRET) ? secretFile(value.slice(SECRET.length)) : value] as const);
    // The server of the tests listens on a socket and asks this user alone for a password.
    const changed = { PGHOST: socket, PGUSER: GUARDED_USER, [ENVIRONMENT.port]: "0", [ENVIRONMENT.dataDir]: dataDir };
    program = startProgram(FROM_SOURCES.main, { ...Object.fromEntries(given), ...changed });
    const running = program;
    const url = await until("the collector on standard error", () => {
      if (running.hasEnded) throw new Error(running.said.err);
      return /"url":"([^"]+)"/.exec(running.said.err)?.[1];
    });

    const authorization = `Basic ${Buffer.from(`${services.collector.environment[ENVIRONMENT.accessId]}:${secret("access-key")}`).toString("base64")}`;
    const answer = await fetch(`${url}/api/v1/sources`, { headers: { authorization } });
    assert.equal(answer.status, 200);
    assert.equal((await fetch(`${url}/api/v1/sources`)).status, 401);
    const [command, ...words] = services.collector.healthcheck.test.slice(1).map((word) => word.replace("http://127.0.0.1:8080", url));
    assert.equal(command, "/nodejs/bin/node");
    assert.equal(spawnSync(process.execPath, words).status, 0, "the health check");
    assert.equal((await running.signal("SIGTERM")).code, 0);
    assert.equal(spawnSync(process.execPath, words).status, 1, "the health check of a collector that is gone");
    assert.equal(existsSync(dataDir), false);
  });
}
