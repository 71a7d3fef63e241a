import assert from "node:assert/strict";
import type { Store } from "../../service/ports.js";
import { Fault } from "../../service/core/fault.js";
import type { Database } from "../../service/store/database.js";
import { openPostgresDatabase, openPostgresStore, postgresFault } from "../../service/store/postgres.js";
import { openSqlStore } from "../../service/store/sql-store.js";
import { storeContract } from "./contract.js";
import { CLOCK, fault, record, SEALER, type MakePlace } from "./harness.js";
import { GUARDED_USER, postgresObstacle, startPostgresServer, type PostgresServer } from "./postgres-server.js";

const obstacle = postgresObstacle();

if (obstacle !== undefined) it.skip(`store on PostgreSQL: not run, ${obstacle}`);
else withServer();

function withServer(): void {
  let server: PostgresServer;
  let admin: Database;
  let schemas = 0;
  const newSchema = async (): Promise<string> => {
    const name = `store_${++schemas}`;
    await admin.query(`CREATE SCHEMA ${name}`);
    return name;
  };
  const makePlace: MakePlace = async () => {
    const name = await newSchema();
    return {
      async open(sealer) {
        const database = openPostgresDatabase(server.connection(name));
        const store = await openSqlStore(database, { sealer, clock: CLOCK });
        const behind = openPostgresDatabase(server.connection(name));
        return { store, raw: behind.query, close: async () => void (await Promise.all([store.close(), behind.close()])) };
      },
      dispose: async () => void (await admin.query(`DROP SCHEMA ${name} CASCADE`)),
    };
  };

  describe("with a PostgreSQL server", () => {
    before(async () => {
      server = await startPostgresServer();
      admin = openPostgresDatabase(server.connection("public"));
    });
    after(async () => {
      await admin.close();
      await server.dispose();
    });
    storeContract("PostgreSQL", makePlace, true);
    describe("PostgreSQL store", () => ownTests(() => server, newSchema));
  });
}

function ownTests(server: () => PostgresServer, newSchema: () => Promise<string>): void {
  const opened: { close(): Promise<void> }[] = [];
  const openStore = async (name: string, changes: object = {}): Promise<Store> => {
    const store = await openPostgresStore({ connection: { ...server().connection(name), ...changes }, sealer: SEALER, clock: CLOCK });
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });

  it("lets replicas that start at once migrate once, and share ids, codes and fences", async () => {
    const name = await newSchema();
    const replicas = await Promise.all(Array.from({ length: 5 }, () => openStore(name)));
    const ids = await Promise.all(replicas.flatMap((store) => [store.nextId(), store.nextId()]));
    assert.equal(new Set(ids).size, 10);
    assert.equal(new Set(await Promise.all(replicas.map((store) => store.fingerprintSalt()))).size, 1);
    const claims = await Promise.all(replicas.map((store) => store.claimCode("code")));
    assert.equal(claims.filter(Boolean).length, 1);
    await replicas[0]?.insertSource(record(1));
    const commits = await Promise.allSettled(replicas.map((store, n) => store.commit(1, 0, { coverage: n, totals: n, buckets: [] })));
    assert.deepEqual(commits.map(({ status }) => status).toSorted(), ["fulfilled", "rejected", "rejected", "rejected", "rejected"]);
  });

  it("opens by connection string, and asks for the password at each new connection", async () => {
    const name = await newSchema();
    const { connectionString = "" } = server().connection(name, GUARDED_USER);
    const behind = openPostgresDatabase(server().connection(name));
    opened.push(behind);
    await behind.query(`CREATE ROLE ${GUARDED_USER} LOGIN PASSWORD 'token-1'`);
    const tokens = ["token-1"];
    let asked = 0;
    const guarded = openPostgresDatabase({ connectionString, password: async () => { asked += 1; return tokens.at(-1) ?? ""; } });
    opened.push(guarded);
    const who = "SELECT current_user::text AS who";
    assert.deepEqual(await guarded.query(who), [{ who: GUARDED_USER }]);
    await behind.query(`ALTER ROLE ${GUARDED_USER} PASSWORD 'token-2'`);
    tokens.push("token-2");
    const both = await Promise.all([guarded.query(who), guarded.query(who)]);
    assert.equal(both.length, 2);
    assert.equal(asked, 2);
    const wrong = openPostgresDatabase({ connectionString: connectionString.replace("@", ":s3cret@"), password: async () => "token-1" });
    opened.push(wrong);
    await assert.rejects(wrong.query("SELECT 1"), fault("store-failed", /password authentication failed/));
  });

  it("refuses a connection string that is none, without repeating it", () => {
    assert.throws(() => openPostgresDatabase({ connectionString: "postgres://u:s3cret@[/x" }), (error: unknown) => {
      assert.ok(error instanceof Fault);
      assert.equal(error.code, "store-refused");
      assert.ok(!error.message.includes("s3cret"));
      return true;
    });
  });

  it("switches durable commits on where the role has them off", async () => {
    const name = await newSchema();
    const behind = openPostgresDatabase(server().connection(name));
    opened.push(behind);
    await behind.query("CREATE ROLE hasty LOGIN");
    await behind.query("ALTER ROLE hasty SET synchronous_commit = off");
    const hasty = openPostgresDatabase(server().connection(name, "hasty"));
    opened.push(hasty);
    assert.deepEqual(await hasty.query("SHOW synchronous_commit"), [{ synchronous_commit: "on" }]);
  });

  it("tells that the server is gone, and goes on when it is back", async () => {
    const name = await newSchema();
    const store = await openStore(name);
    await store.insertSource(record(1));
    await store.commit(1, 0, { coverage: "kept", totals: 1, buckets: [] });
    await server().stop();
    try {
      await assert.rejects(store.progress(1), fault("store-failed", /PostgreSQL/));
      await assert.rejects(store.commit(1, 1, { coverage: "lost", totals: 1, buckets: [] }), fault("store-failed", /PostgreSQL/));
    } finally {
      await server().start();
    }
    assert.deepEqual(await store.progress(1), { revision: 1, coverage: "kept", totals: 1 });
    assert.equal(await store.commit(1, 1, { coverage: "next", totals: 1, buckets: [] }), 2);
  });

  it("rolls back a transaction whose connection is cut, and uses another one then", async () => {
    const database = openPostgresDatabase(server().connection(await newSchema()));
    opened.push(database);
    await database.query("CREATE TABLE t (n BIGINT)");
    await assert.rejects(database.transaction(async (query) => {
      await query("INSERT INTO t VALUES (1)");
      const [row] = await query("SELECT pg_backend_pid() AS pid");
      await database.query("SELECT pg_terminate_backend($1)", [row?.["pid"] ?? null]);
      await query("INSERT INTO t VALUES (2)");
    }), fault("store-failed"));
    assert.deepEqual(await database.query("SELECT * FROM t"), []);
  });
}

describe("PostgreSQL faults", () => {
  it("tells a full disk from everything else", () => {
    const thrown = (code: string): Error => Object.assign(new Error("said"), { code });
    assert.equal(postgresFault(thrown("53100")).code, "store-full");
    for (const code of ["53200", "57014", "ECONNREFUSED", "23505"]) assert.equal(postgresFault(thrown(code)).code, "store-failed");
    assert.match(postgresFault(new AggregateError([thrown("a"), thrown("b")])).message, /said; said/);
  });
});
