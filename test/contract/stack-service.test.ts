import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fetch from "node-fetch";
import { fieldsOf, schemaOf } from "../../schema/index.js";
import { ENVIRONMENT, LOG_EVENTS } from "../../service/environment.js";
import { systemClock } from "../../service/system/clock.js";
import { openPostgresDatabase } from "../../service/store/postgres.js";
import { azureDouble, IDENTITY_CLIENT_ID, IDENTITY_HEADER, serveAzure, type AzureDouble } from "../azure/azure-double.js";
import { makeCertificate, opensslObstacle } from "../azure/certificates.js";
import { stack } from "../cdktf/synthesized.js";
import { GUARDED_USER, postgresObstacle, startPostgresServer, type PostgresServer } from "../store/postgres-server.js";
import { containerOf, environmentOf, run, type Container, type Running } from "./container.js";
import { serveTls, type TlsDatabase } from "./tls-database.js";

const ACCESS_KEY = "contract-access-key-000001";
const TOKEN = "token-of-the-managed-identity";

describe("stack and service", () => {
  it("agree on every name, on the port, and on the events of alerts", () => {
    const container = containerOf(stack("small"));
    const known = fieldsOf(schemaOf("settings.schema.json"));
    for (const { name } of container.variables) assert.ok(known.has(name), `${name} is no setting of the service`);
    const port = container.variables.find(({ name }) => name === ENVIRONMENT.port)?.value;
    for (const probe of Object.values(container.probes)) assert.equal(String(probe.port), port);
    assert.equal(String(container.targetPort), port);
    const queries = Object.values(stack("small").resource["azurerm_monitor_scheduled_query_rules_alert_v2"] ?? {}).map((alert) => JSON.stringify(alert["criteria"]));
    for (const event of Object.values(LOG_EVENTS)) assert.equal(queries.filter((query) => query.includes(`== \\"${event}\\"`)).length, 1, event);
    assert.equal(queries.length, Object.keys(LOG_EVENTS).length);
  });

  const obstacle = postgresObstacle() ?? opensslObstacle();
  if (obstacle !== undefined) it.skip(`start together: not run, ${obstacle}`);
  else describe("together", () => withDatabase());
});

function withDatabase(): void {
  let folder: string;
  let server: PostgresServer;
  let database: TlsDatabase;
  let azure: AzureDouble;
  let endpoint: Awaited<ReturnType<typeof serveAzure>>;
  let container: Container;
  let environment: Record<string, string>;
  const running: Running[] = [];

  const start = (changes: Readonly<Record<string, string>> = {}): Running => {
    const started = run({ ...environment, ...changes });
    running.push(started);
    return started;
  };
  const get = async (url: string, path: string, headers: Record<string, string> = {}): Promise<{ status: number; json: Record<string, unknown> }> => {
    const response = await fetch(`${url}${path}`, { headers });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  const authorization = `Basic ${Buffer.from(`collector:${ACCESS_KEY}`).toString("base64")}`;

  const administer = async (statement: string): Promise<void> => {
    const admin = openPostgresDatabase(server.connection("public"));
    await admin.query(statement).finally(() => admin.close());
  };
  /** The server takes this for the identity's token. */
  const letIn = (token: string): Promise<void> => administer(`ALTER ROLE ${GUARDED_USER} PASSWORD '${token}'`);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "contract-"));
    server = await startPostgresServer();
    const { connectionString = "" } = server.connection("public");
    await administer(`CREATE ROLE ${GUARDED_USER} LOGIN PASSWORD '${TOKEN}'`);
    await administer(`CREATE DATABASE collector OWNER ${GUARDED_USER}`);
    const certificate = makeCertificate("rsa:2048", "DNS:localhost");
    const socketFolder = decodeURIComponent(new URL(connectionString).hostname);
    database = await serveTls(join(socketFolder, ".s.PGSQL.5432"), certificate);
    azure = azureDouble(() => systemClock.nowMs());
    azure.tokens.set("https://ossrdbms-aad.database.windows.net", TOKEN);
    endpoint = await serveAzure(azure);
    container = containerOf(stack("small"));
    environment = { ...theStacks(), ...theMachines(certificate.certificate) };
  });
  afterEach(async () => {
    for (const each of running.splice(0)) await each.stop();
  });
  after(async () => {
    await endpoint.close();
    await database.close();
    await server.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The stack's own, with what Azure fills in; the mounted folders and the two ports are this machine's. */
  function theStacks(): Record<string, string> {
    const [data, secrets] = [join(folder, "data"), join(folder, "secrets")];
    mkdirSync(data);
    mkdirSync(secrets);
    writeFileSync(join(secrets, "destinations"), JSON.stringify({ destinations: [{ name: "default", type: "file", path: join(folder, "rows") }] }));
    const path = container.variables.find(({ name }) => name === ENVIRONMENT.destinations)?.value ?? "";
    assert.ok(path.startsWith(`${container.mounts["secrets"]}/`) && container.secretNames.includes(path.slice(`${container.mounts["secrets"]}/`.length)), "the destinations file is a mounted secret");
    assert.equal(container.variables.find(({ name }) => name === ENVIRONMENT.dataDir)?.value, container.mounts["data"]);
    return environmentOf(container, {
      references: [
        [/^\$\{azurerm_key_vault\..*\.vault_uri\}$/, endpoint.url],
        [/^\$\{azurerm_user_assigned_identity\..*\.client_id\}$/, IDENTITY_CLIENT_ID],
        [/^\$\{azurerm_user_assigned_identity\..*\.name\}$/, GUARDED_USER],
        [/^\$\{azurerm_postgresql_flexible_server\..*\.fqdn\}$/, "localhost"],
        [/^\$\{azurerm_postgresql_flexible_server_database\..*\.name\}$/, "collector"],
      ],
      secrets: { "access-key": ACCESS_KEY, "encryption-key": Buffer.alloc(32, 9).toString("base64") },
      changed: { [ENVIRONMENT.port]: "0", [ENVIRONMENT.databasePort]: String(database.port), [ENVIRONMENT.dataDir]: data, [ENVIRONMENT.destinations]: join(secrets, "destinations") },
    });
  }

  /** What a container finds beside: the identity endpoint of Container Apps, and the authorities that this machine trusts. */
  function theMachines(certificate: string): Record<string, string> {
    const path = join(folder, "authorities.pem");
    writeFileSync(path, certificate);
    return { [ENVIRONMENT.identityEndpoint]: `${endpoint.url}/msi/token`, [ENVIRONMENT.identityHeader]: IDENTITY_HEADER, NODE_EXTRA_CA_CERTS: path };
  }

  it("start: the service answers every probe, logs in to the database by token over TLS, keeps the API shut, and writes no file", async () => {
    const service = start();
    const url = String((await service.line("the collector is up"))["url"]);
    for (const [name, probe] of Object.entries(container.probes)) assert.equal((await get(url, probe.path)).status, 200, name);
    assert.deepEqual((await get(url, container.probes.readiness.path)).json, { status: "ready" });
    assert.equal((await get(url, "/api/v1/sources")).status, 401);
    assert.equal((await get(url, "/api/v1/sources", { authorization })).status, 200);
    assert.ok(azure.asked.includes("identity https://ossrdbms-aad.database.windows.net"));
    assert.equal(database.clear(), 0);
    assert.equal(await service.stop(), 0);
    assert.deepEqual(readdirSync(join(folder, "data")), []);
    for (const line of service.lines) assert.doesNotThrow(() => JSON.parse(line), `not JSON, so no alert can read it: ${line}`);
    assert.ok(!service.lines.join("\n").includes(TOKEN) && !service.lines.join("\n").includes(ACCESS_KEY));
  });

  it("log in by the vault's password, and ask for no token, where the settings want a password", async () => {
    const names = ({ variables }: Container): string[] => variables.map(({ name }) => name);
    const withPassword = containerOf(stack("everything"));
    assert.deepEqual(names(withPassword).filter((name) => !names(container).includes(name)), [ENVIRONMENT.databasePassword]);
    const secret = withPassword.variables.find(({ name }) => name === ENVIRONMENT.databasePassword)?.secret_name ?? "";
    assert.ok(withPassword.secretNames.includes(secret));
    azure.asked.length = 0;
    const service = start({ [ENVIRONMENT.databasePassword]: TOKEN });
    const url = String((await service.line("the collector is up"))["url"]);
    assert.deepEqual((await get(url, container.probes.readiness.path)).json, { status: "ready" });
    assert.deepEqual(azure.asked, []);
    const wrong = start({ [ENVIRONMENT.databasePassword]: "another one" });
    assert.match(String((await wrong.line("PostgreSQL"))["msg"]), /password authentication failed/);
  });

  it("replace each other: the new process stands by, says so and is ready for the platform, and works when the old one ends", async () => {
    const old = start();
    const oldUrl = String((await old.line("the collector is up"))["url"]);
    const port = await freePort();
    const next = start({ [ENVIRONMENT.port]: String(port) });
    await next.line("another collector works on this database");
    const nextUrl = `http://localhost:${port}`;
    assert.equal((await get(nextUrl, container.probes.liveness.path)).status, 200);
    const standby = await get(nextUrl, container.probes.readiness.path);
    assert.deepEqual([standby.status, standby.json["status"]], [200, "standby"]);
    assert.match(JSON.stringify(standby.json["reasons"]), /another collector works on this database/);
    const refused = await get(nextUrl, "/api/v1/sources", { authorization });
    assert.deepEqual([refused.status, refused.json["code"]], [503, "collector.standby"]);
    assert.equal((await get(oldUrl, "/api/v1/sources", { authorization })).status, 200);
    assert.equal(await old.stop(), 0);
    await next.line("the collector is up");
    assert.equal((await get(nextUrl, "/api/v1/sources", { authorization })).status, 200);
  });

  it("survive a SIGTERM while standing by", async () => {
    await start().line("the collector is up");
    const next = start();
    await next.line("another collector works on this database");
    assert.equal(await next.stop(), 0);
  });

  it("say why they are not ready while the login is refused, and start when it is granted", async () => {
    await letIn("not granted yet");
    const port = await freePort();
    const service = start({ [ENVIRONMENT.port]: String(port) });
    assert.match(String((await service.line("PostgreSQL"))["msg"]), /password authentication failed/);
    const answer = await get(`http://localhost:${port}`, container.probes.readiness.path);
    assert.equal(answer.status, 503);
    assert.match(JSON.stringify(answer.json["reasons"]), /refuses the login/);
    assert.equal((await get(`http://localhost:${port}`, container.probes.startup.path)).status, 200);
    await letIn(TOKEN);
    await service.line("the collector is up");
    assert.deepEqual((await get(`http://localhost:${port}`, container.probes.readiness.path)).json, { status: "ready" });
  });

  it("end with 78 and one sentence where the environment is wrong", async () => {
    const service = start({ [ENVIRONMENT.encryptionKey]: "short" });
    await assert.rejects(service.line("the collector is up"), /ended with 78:\nstderr: COLLECTOR_ENCRYPTION_KEY must be 32 random bytes/);
  });
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => { probe.once("listening", resolve); });
  const address = probe.address();
  await new Promise((resolve) => { probe.close(resolve); });
  return typeof address === "object" && address !== null ? address.port : 0;
}
