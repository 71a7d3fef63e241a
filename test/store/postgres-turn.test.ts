import assert from "node:assert/strict";
import { connectionTo } from "../../service/state.js";
import { databaseSettings } from "../../service/database-settings.js";
import { createManagedIdentity } from "../../service/identity/managed-identity.js";
import { openPostgresDatabase, type PostgresConnection } from "../../service/store/postgres.js";
import { takeTurn, type Turn, type TurnPorts } from "../../service/store/postgres-turn.js";
import { systemClock } from "../../service/system/clock.js";
import type { Database } from "../../service/store/database.js";
import { azureDouble, IDENTITY_CLIENT_ID, IDENTITY_HEADER } from "../azure/azure-double.js";
import { GUARDED_USER, postgresObstacle, startPostgresServer, type PostgresServer } from "./postgres-server.js";

const obstacle = postgresObstacle();

if (obstacle !== undefined) it.skip(`turns on PostgreSQL: not run, ${obstacle}`);
else describe("turns on a shared database", () => {
  let server: PostgresServer;
  let admin: Database;
  const turns: Turn[] = [];
  const never = new AbortController().signal;

  before(async () => {
    server = await startPostgresServer();
    admin = openPostgresDatabase(server.connection("public"));
    await admin.query("CREATE SCHEMA one");
    await admin.query("CREATE SCHEMA two");
  });
  after(async () => {
    await admin.close();
    await server.dispose();
  });
  afterEach(async () => {
    for (const turn of turns.splice(0)) await turn.release();
  });

  /** A process that wants the turn; `waited` resolves at its first look in vain. */
  function contender(schema: string, changes: Partial<TurnPorts> = {}, signal = never) {
    let tell: (fault: Error | undefined) => void = () => undefined;
    const waited = new Promise<Error | undefined>((resolve) => (tell = resolve));
    let takenTell: () => void = () => undefined;
    const taken = new Promise<void>((resolve) => (takenTell = resolve));
    const turn = takeTurn({ connection: server.connection(schema), clock: systemClock, onWait: (fault) => tell(fault), onTaken: () => takenTell(), ...changes }, signal);
    void turn.then((each) => turns.push(each), () => undefined);
    return { turn, waited, taken };
  }

  /** Ends every connection that holds a turn, as a failing network does. */
  const cut = (): Promise<unknown> => admin.query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2");

  it("are had by one process at a time; the next one has it when the first gives it back", async () => {
    const first = await contender("one").turn;
    const second = contender("one");
    assert.equal(await second.waited, undefined);
    assert.equal(first.held(), true);
    await first.release();
    assert.equal((await second.turn).held(), true);
  });

  it("are independent in two schemas", async () => {
    const both = await Promise.all([contender("one").turn, contender("two").turn]);
    assert.deepEqual(both.map((turn) => turn.held()), [true, true]);
  });

  it("end with the process: a killed holder keeps nobody waiting", async () => {
    const lostConnection: PostgresConnection = server.connection("one");
    const holder = openPostgresDatabase(lostConnection);
    await holder.query("SELECT pg_try_advisory_lock(730203, hashtext(current_schema()))");
    const next = contender("one");
    assert.equal(await next.waited, undefined);
    await cut();
    assert.equal((await next.turn).held(), true);
    await holder.close();
  });

  it("are taken anew after a cut connection, when nobody else has them", async () => {
    const turn = await contender("one").turn;
    const holders = async (): Promise<unknown> => (await admin.query("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted"))[0]?.["pid"];
    const before = await holders();
    assert.equal(typeof before, "number");
    await cut();
    await until(async () => ![undefined, before].includes((await holders()) as undefined) && turn.held());
  });

  it("are lost for good when another process had them meanwhile", async () => {
    const first = contender("one");
    await first.turn;
    const holder = openPostgresDatabase(server.connection("one"));
    const queued = holder.query("SELECT pg_advisory_lock(730203, hashtext(current_schema()))");
    await until(async () => (await admin.query("SELECT 1 AS waits FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")).length > 0);
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted");
    await queued;
    await first.taken;
    await holder.close();
  });

  it("are waited for while the server is away, and the fault is told", async () => {
    await admin.close();
    await server.stop();
    const waiting = contender("one");
    assert.match((await waiting.waited)?.message ?? "", /PostgreSQL/);
    await server.start();
    admin = openPostgresDatabase(server.connection("public"));
    assert.equal((await waiting.turn).held(), true);
  });

  it("are not waited for any longer than the signal says", async () => {
    await contender("one").turn;
    const stopping = new AbortController();
    const waiting = contender("one", {}, stopping.signal);
    await waiting.waited;
    const reason = new Error("stopping");
    stopping.abort(reason);
    await assert.rejects(waiting.turn, reason);
  });

  it("and stores log in with a token of the managed identity for each connection, where no password is given", async () => {
    const azure = azureDouble(() => systemClock.nowMs());
    azure.tokens.set("https://ossrdbms-aad.database.windows.net", "entra-token");
    await admin.query(`CREATE ROLE ${GUARDED_USER} LOGIN PASSWORD 'entra-token'`);
    const { connectionString = "" } = server.connection("public", GUARDED_USER);
    const settings = databaseSettings({ DATABASE_URL: connectionString, AZURE_CLIENT_ID: IDENTITY_CLIENT_ID });
    assert.ok(settings);
    assert.deepEqual(settings.login, { kind: "token" });
    const identity = createManagedIdentity({ clientId: IDENTITY_CLIENT_ID, identityEndpoint: "http://localhost/msi/token", identityHeader: IDENTITY_HEADER }, { http: azure.http, clock: systemClock });
    const database = openPostgresDatabase(connectionTo(settings, identity));
    assert.deepEqual(await database.query("SELECT current_user::text AS who"), [{ who: GUARDED_USER }]);
    await database.close();
    assert.deepEqual(azure.asked, ["identity https://ossrdbms-aad.database.windows.net"]);
  });
});

/** Looks again and again; the test's own time-out ends a wait in vain. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await systemClock.sleep(5);
}
