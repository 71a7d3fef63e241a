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
  [{ COLLECTOR_ACCES_KEY_FILE: "/run/key" }, "COLLECTOR_ACCES_KEY_FILE is not a known setting: did you mean COLLECTOR_ACCESS_KEY_FILE?"],
];

describe("settings", () => {
  it("have defaults", () => {
    assert.deepEqual(read({}), { host: "127.0.0.1", port: 8080, dataDir: "./data", microsoft: {}, logLevel: "info", shutdownMs: 10_000 });
  });

  it("are read from every variable", () => {
    const given = {
      COLLECTOR_HOST: "::1", COLLECTOR_PORT: "0", COLLECTOR_DATA_DIR: "/d", COLLECTOR_ACCESS_ID: "id", COLLECTOR_ACCESS_KEY: "key", COLLECTOR_ENCRYPTION_KEY: KEY.toString("base64"),
      COLLECTOR_DESTINATIONS: "/d.json", COLLECTOR_MICROSOFT_LOGIN_URL: "http://127.0.0.1:1/", COLLECTOR_MICROSOFT_GRAPH_URL: "https://h/base//",
      COLLECTOR_MICROSOFT_REPORTING_URL: "http://h", COLLECTOR_LOG_LEVEL: "debug", COLLECTOR_SHUTDOWN_SECONDS: "3",
    };
    assert.deepEqual(Object.keys(given).toSorted(), Object.values(ENVIRONMENT).toSorted());
    assert.deepEqual(read({ ...given, PATH: "/bin", collector_x: "y", COLLECTOR: "z" }), {
      host: "::1", port: 0, dataDir: "/d", accessId: "id", accessKey: "key", encryptionKey: KEY, destinationsPath: "/d.json",
      microsoft: { loginUrl: "http://127.0.0.1:1", graphUrl: "https://h/base", reportingUrl: "http://h" }, logLevel: "debug", shutdownMs: 3000,
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
