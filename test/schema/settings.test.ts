import assert from "node:assert/strict";
import { fieldsOf, schemaOf } from "../../schema/index.js";
import { DEFAULT_PORT, ENVIRONMENT } from "../../service/environment.js";
import { readSettings, SettingsError, type Environment } from "../../service/settings.js";

const KEY = Buffer.alloc(32, 7);
const FILES: Readonly<Record<string, string>> = { "/run/key": "from file\n".replace(" ", "-"), "/run/two": "a\n\n", "/run/empty": "\n", "/run/bad": "hush" };

function read(environment: Environment) {
  return readSettings(environment, (path) => {
    const text = FILES[path];
    if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    return text;
  });
}

function fault(environment: Environment): string {
  try {
    read(environment);
  } catch (thrown) {
    assert.ok(thrown instanceof SettingsError);
    return thrown.message;
  }
  return assert.fail("accepted");
}

const WITH_KEY = { COLLECTOR_ENCRYPTION_KEY: KEY.toString("base64") };
/** An environment and the first line of what is said about it. */
const REFUSED: readonly (readonly [Environment, string])[] = [
  [{ COLLECTOR_PORT: "70000" }, 'COLLECTOR_PORT is "70000", but must be a whole number from 0 to 65535.'],
  [{ COLLECTOR_PORT: "80.5" }, 'COLLECTOR_PORT is "80.5", but must be a whole number from 0 to 65535.'],
  [{ COLLECTOR_PORT: "" }, "COLLECTOR_PORT is empty: give it a value or remove it."],
  [{ COLLECTOR_PROT: "80" }, "COLLECTOR_PROT is not a known setting: did you mean COLLECTOR_PORT?"],
  [{ COLLECTOR_HOST: "a b" }, 'COLLECTOR_HOST is "a b", but must be a host name or an IP address.'],
  [{ COLLECTOR_LOG_LEVEL: "verbose" }, 'COLLECTOR_LOG_LEVEL is "verbose", but must be "trace", "debug", "info", "warn", "error", "fatal" or "silent".'],
  [{ COLLECTOR_SHUTDOWN_SECONDS: "0" }, 'COLLECTOR_SHUTDOWN_SECONDS is "0", but must be a whole number of seconds from 1 to 600.'],
  [{ COLLECTOR_ENCRYPTION_KEY: "hush" }, "COLLECTOR_ENCRYPTION_KEY must be 32 random bytes in base64 (openssl rand -base64 32); what was given is a secret and not shown."],
  [{ COLLECTOR_ENCRYPTION_KEY: KEY.subarray(1).toString("base64") }, "COLLECTOR_ENCRYPTION_KEY must be 32 random bytes in base64 (openssl rand -base64 32); what was given is a secret and not shown."],
  [{ COLLECTOR_ENCRYPTION_KEY_FILE: "/run/bad" }, "COLLECTOR_ENCRYPTION_KEY must be 32 random bytes in base64 (openssl rand -base64 32); what was given is a secret and not shown."],
  [{ COLLECTOR_ENCRYPTION_KEY_FILE: "/run/none" }, 'COLLECTOR_ENCRYPTION_KEY_FILE names the file "/run/none", which cannot be read (ENOENT): make it readable for the collector or correct the path.'],
  [{ COLLECTOR_ACCESS_KEY_FILE: "/run/none", COLLECTOR_ACCESS_ID: "me" }, 'COLLECTOR_ACCESS_KEY_FILE names the file "/run/none", which cannot be read (ENOENT): make it readable for the collector or correct the path.'],
  [{ COLLECTOR_ENCRYPTION_KEY_FILE: "/run/empty" }, 'COLLECTOR_ENCRYPTION_KEY_FILE names the file "/run/empty", which is empty: put the secret into it.'],
  [{ COLLECTOR_ENCRYPTION_KEY_FILE: "/run/key", COLLECTOR_ENCRYPTION_KEY: KEY.toString("base64") }, "COLLECTOR_ENCRYPTION_KEY_FILE and COLLECTOR_ENCRYPTION_KEY are both set: remove one of them."],
  [{ COLLECTOR_ACCESS_KEY: "hush" }, "COLLECTOR_ACCESS_KEY is set without COLLECTOR_ACCESS_ID: set both, or remove both and let the first start make them."],
  [{ COLLECTOR_ACCESS_ID: "me" }, "COLLECTOR_ACCESS_ID is set without COLLECTOR_ACCESS_KEY: set both, or remove both and let the first start make them."],
  [{ COLLECTOR_ACCESS_ID: "a:b", COLLECTOR_ACCESS_KEY: "hush" }, 'COLLECTOR_ACCESS_ID is "a:b", but must be a text of 1 to 128 characters without colon and spaces.'],
  [{ COLLECTOR_MICROSOFT_GRAPH_URL: "graph.microsoft.com" }, 'COLLECTOR_MICROSOFT_GRAPH_URL is "graph.microsoft.com", but must be an http or https URL without user, query and fragment.'],
  [{ COLLECTOR_MICROSOFT_LOGIN_URL: "http://h/?a=b" }, 'COLLECTOR_MICROSOFT_LOGIN_URL is "http://h/?a=b", but must be an http or https URL without user, query and fragment.'],
  [{ COLLECTOR_MICROSOFT_LOGIN_URL: "http://me:hush@h" }, "COLLECTOR_MICROSOFT_LOGIN_URL is a text of 16 characters, but must be an http or https URL without user, query and fragment."],
  [{ COLLECTOR_PORT_FILE: "/run/key" }, "COLLECTOR_PORT_FILE is not a known setting: COLLECTOR_PORT is no secret, set it itself."],
  [{ PGHOST: "db" }, "COLLECTOR_ENCRYPTION_KEY is missing: PGHOST puts the state into PostgreSQL, and then the key must be given (openssl rand -base64 32), because a data folder may not outlive the container."],
  [{ ...WITH_KEY, DATABASE_URL: "mysql://u:hush@db/d" }, "DATABASE_URL must be an address such as postgres://user:password@host:5432/database?sslmode=verify-full; what was given is a secret and not shown."],
  [{ ...WITH_KEY, PGHOST: "db", PGSSLMODE: "prefer" }, 'PGSSLMODE is "prefer", but must be "disable", "require", "verify-ca" or "verify-full".'],
  [{ ...WITH_KEY, PGHOST: "db", PGPORT: "0" }, 'PGPORT is "0", but must be a whole number from 1 to 65535.'],
  [{ ...WITH_KEY, PGHOST: "db", PGSSLROOTCERT: "/run/none" }, 'PGSSLROOTCERT names the file "/run/none", which cannot be read (ENOENT): make it readable for the collector or correct the path.'],
  [{ ...WITH_KEY, PGHOST: "db", PGPASSWORD: "hush", PGPASSWORD_FILE: "/run/bad" }, "PGPASSWORD_FILE and PGPASSWORD are both set: remove one of them."],
  [{ AZURE_KEY_VAULT_URL: "kv-collector" }, 'AZURE_KEY_VAULT_URL is "kv-collector", but must be an http or https URL without user, query and fragment.'],
  [{ AZURE_CLIENT_ID: "me" }, 'AZURE_CLIENT_ID is "me", but must be a GUID such as 3f2b8c1e-5d4a-4e0b-9c7d-1a2b3c4d5e6f.'],
  [{ COLLECTOR_ENTRA_TENANT_ID: "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d" }, "COLLECTOR_ENTRA_AUDIENCE is missing: it must be the application id or the application id URI of the API's registration."],
  [{ COLLECTOR_ENTRA_AUDIENCE: "api://x" }, "COLLECTOR_ENTRA_TENANT_ID is missing: it must be a GUID such as 3f2b8c1e-5d4a-4e0b-9c7d-1a2b3c4d5e6f."],
  [{ COLLECTOR_API_REQUESTS_PER_MINUTE: "0" }, 'COLLECTOR_API_REQUESTS_PER_MINUTE is "0", but must be a whole number from 1 to 1000000.'],
  [{ IDENTITY_ENDPOINT: "http://localhost/msi/token" }, "IDENTITY_HEADER is missing: it must be a text without spaces."],
  [{ COLLECTOR_ACCES_KEY_FILE: "/run/key" }, "COLLECTOR_ACCES_KEY_FILE is not a known setting: did you mean COLLECTOR_ACCESS_KEY_FILE?"],
];

describe("settings", () => {
  it("have defaults", () => {
    assert.deepEqual(read({}), { host: "127.0.0.1", port: 8080, dataDir: "./data", microsoft: {}, logLevel: "info", shutdownMs: 10_000, apiLimits: { requestsPerMinute: 6000, concurrent: 10 }, azure: {} });
  });

  it("pass over the address that the command line finds a collector by, and nothing near it", () => {
    assert.equal(read({ COLLECTOR_URL: "http://127.0.0.1:8080" }).port, 8080);
    assert.match(fault({ COLLECTOR_URI: "x" }), /^COLLECTOR_URI is not a known setting/);
  });

  it("are read from every variable", () => {
    const given = {
      COLLECTOR_HOST: "::1", COLLECTOR_PORT: "0", COLLECTOR_DATA_DIR: "/d", COLLECTOR_ACCESS_ID: "id", COLLECTOR_ACCESS_KEY: "key", COLLECTOR_ENCRYPTION_KEY: KEY.toString("base64"),
      COLLECTOR_DESTINATIONS: "/d.json", COLLECTOR_MICROSOFT_LOGIN_URL: "http://127.0.0.1:1/", COLLECTOR_MICROSOFT_GRAPH_URL: "https://h/base//",
      COLLECTOR_MICROSOFT_REPORTING_URL: "http://h", COLLECTOR_LOG_LEVEL: "debug", COLLECTOR_SHUTDOWN_SECONDS: "3",
      COLLECTOR_ENTRA_TENANT_ID: "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d", COLLECTOR_ENTRA_AUDIENCE: "api://collector", COLLECTOR_API_REQUESTS_PER_MINUTE: "240", COLLECTOR_API_CONCURRENT_REQUESTS: "4",
      DATABASE_URL: "postgres://db.example.com/state", PGHOST: "elsewhere", PGPORT: "5433", PGDATABASE: "d", PGUSER: "u", PGPASSWORD: "p w", PGSSLMODE: "verify-full", PGSSLROOTCERT: "/run/key",
      AZURE_KEY_VAULT_URL: "https://kv.vault.azure.net/", AZURE_CLIENT_ID: "3f2b8c1e-5d4a-4e0b-9c7d-1a2b3c4d5e6f", IDENTITY_ENDPOINT: "http://localhost:42356/msi/token", IDENTITY_HEADER: "h",
    };
    // Those of configuration from files exclude each other: test/gitops/settings.test.ts has them.
    assert.deepEqual(Object.keys(given).toSorted(), Object.values(ENVIRONMENT).filter((name) => !name.startsWith("COLLECTOR_CONFIG_")).toSorted());
    assert.deepEqual(read({ ...given, PATH: "/bin", collector_x: "y", COLLECTOR: "z" }), {
      host: "::1", port: 0, dataDir: "/d", accessId: "id", accessKey: "key", encryptionKey: KEY, destinationsPath: "/d.json",
      microsoft: { loginUrl: "http://127.0.0.1:1", graphUrl: "https://h/base", reportingUrl: "http://h" }, logLevel: "debug", shutdownMs: 3000,
      entra: { tenantId: "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d", audience: "api://collector" }, apiLimits: { requestsPerMinute: 240, concurrent: 4 },
      database: {
        connectionString: "postgres://db.example.com/state", host: "elsewhere", port: 5433, name: "d", user: "u", tls: { rejectUnauthorized: true, ca: "from-file" }, login: { kind: "password", password: "p w" },
      },
      azure: { keyVaultUrl: "https://kv.vault.azure.net", clientId: "3f2b8c1e-5d4a-4e0b-9c7d-1a2b3c4d5e6f", identityEndpoint: "http://localhost:42356/msi/token", identityHeader: "h" },
    });
  });

  it("take secrets from files, without the last line feed", () => {
    assert.equal(read({ COLLECTOR_ACCESS_ID: "id", COLLECTOR_ACCESS_KEY_FILE: "/run/key" }).accessKey, "from-file");
    assert.match(fault({ COLLECTOR_ACCESS_ID: "id", COLLECTOR_ACCESS_KEY_FILE: "/run/two" }), /^COLLECTOR_ACCESS_KEY must be/);
  });

  for (const [environment, sentence] of REFUSED) {
    it(`${JSON.stringify(environment)} end the start with one sentence`, () => {
      assert.equal(fault(environment), sentence);
      assert.ok(!sentence.includes("hush"));
    });
  }

  describe("of the database", () => {
    const CHECKED = { rejectUnauthorized: true };
    const CLIENT = "3f2b8c1e-5d4a-4e0b-9c7d-1a2b3c4d5e6f";
    const URL_ONE = "postgres://u@db.example.com/d";
    const cases: readonly (readonly [string, Environment, object | undefined])[] = [
      ["are none without an address, whatever else is set", { PGUSER: "u", PGPASSWORD: "p", PGPORT: "1" }, undefined],
      ["are none where the address is empty", { PGHOST: "", DATABASE_URL: "" }, undefined],
      ["check who answers by default", { PGHOST: "db" }, { host: "db", port: 5432, tls: CHECKED, login: { kind: "none" } }],
      ["want no TLS of a socket", { PGHOST: "/run/postgresql" }, { host: "/run/postgresql", port: 5432, tls: false, login: { kind: "none" } }],
      ["want no TLS of this machine", { DATABASE_URL: "postgres://localhost/d" }, { connectionString: "postgres://localhost/d", port: 5432, tls: false, login: { kind: "none" } }],
      ["log in with a token where there is an identity and no password", { PGHOST: "db", AZURE_CLIENT_ID: CLIENT }, { host: "db", port: 5432, tls: CHECKED, login: { kind: "token" } }],
      ["log in with the password before a token", { PGHOST: "db", AZURE_CLIENT_ID: CLIENT, PGPASSWORD: "p" }, { host: "db", port: 5432, tls: CHECKED, login: { kind: "password", password: "p" } }],
      ["take the password from a file", { PGHOST: "db", PGPASSWORD_FILE: "/run/bad" }, { host: "db", port: 5432, tls: CHECKED, login: { kind: "password", password: "hush" } }],
      ["leave the password in the address", { DATABASE_URL: "postgres://u:p@db/d", AZURE_CLIENT_ID: CLIENT }, { connectionString: "postgres://u:p@db/d", port: 5432, tls: CHECKED, login: { kind: "password" } }],
      ["log in with a token by an address, too", { DATABASE_URL: URL_ONE, AZURE_CLIENT_ID: CLIENT }, { connectionString: URL_ONE, port: 5432, tls: CHECKED, login: { kind: "token" } }],
      ["encrypt without checking only when told to", { PGHOST: "db", PGSSLMODE: "require" }, { host: "db", port: 5432, tls: { rejectUnauthorized: false }, login: { kind: "none" } }],
    ];
    for (const [title, environment, expected] of cases) {
      it(title, () => assert.deepEqual(read({ ...WITH_KEY, ...environment }).database, expected));
    }

    it("check the certificate but not the name with verify-ca", () => {
      const tls = read({ ...WITH_KEY, PGHOST: "db", PGSSLMODE: "verify-ca" }).database?.tls;
      assert.ok(tls && tls.rejectUnauthorized);
      assert.equal(tls.checkServerIdentity?.(), undefined);
      assert.equal(typeof tls.checkServerIdentity, "function");
    });
  });

  it("that are wrong in several places are all named, a line each", () => {
    assert.deepEqual(fault({ COLLECTOR_PORT: "x", COLLECTOR_PROT: "1", COLLECTOR_LOG_LEVEL: "" }).split("\n"), [
      "COLLECTOR_PROT is not a known setting: did you mean COLLECTOR_PORT?",
      "COLLECTOR_LOG_LEVEL is empty: give it a value or remove it.",
      'COLLECTOR_PORT is "x", but must be a whole number from 0 to 65535.',
    ]);
  });

  it("have the names and the port that their surroundings use", () => {
    const fields = fieldsOf(schemaOf("settings.schema.json"));
    assert.deepEqual([...fields.keys()], Object.values(ENVIRONMENT));
    assert.equal(fields.get(ENVIRONMENT.port)?.default, String(DEFAULT_PORT));
  });
});
