import assert from "node:assert/strict";
import { defaultDestinations, validateDestinations } from "../../schema/index.js";

const URL_HIDDEN = 'must be an http or https URL, or a reference: {"secretRef":"env:NAME"} (not a COLLECTOR_ variable), {"secretRef":"file:/path"} or {"secretRef":"keyvault:NAME"}; what was given is a secret and not shown.';
const EITHER = "must have either url alone, or endpoint together with token.";

function problems(json: unknown): Record<string, string> {
  const verdict = validateDestinations(json);
  assert.ok(!verdict.ok, "accepted");
  return Object.fromEntries(verdict.problems.map((problem) => [problem.pointer, problem.message]));
}

function one(entry: unknown): unknown {
  return { destinations: [entry] };
}

/** An entry, the place below it, and the sentence after the pointer. */
const REFUSED: readonly (readonly [unknown, string, string])[] = [
  [4, "", "is 4, but must be an object with name and type."],
  [{ type: "stdout" }, "/name", "is missing: it must be a name of 1 to 64 letters, digits, dots, underscores and hyphens that begins with a letter or digit."],
  [{ name: "a b", type: "stdout" }, "/name", 'is "a b", but must be a name of 1 to 64 letters, digits, dots, underscores and hyphens that begins with a letter or digit.'],
  [{ name: "a" }, "/type", 'is missing: it must be "sumo-logic-http", "file" or "stdout".'],
  [{ name: "a", type: "files" }, "/type", 'is "files" (did you mean "file"?), but must be "sumo-logic-http", "file" or "stdout".'],
  [{ name: "a", type: "stdout", constructor: 1 }, "/constructor", "is not a known key: known keys are name, type."],
  [{ name: "a", type: "stdout", url: "http://hush" }, "/url", "is not a known key: known keys are name, type."],
  [{ name: "a", type: "file" }, "/path", "is missing: it must be the path of a folder."],
  [{ name: "a", type: "file", path: "p", rotate_byte: 1 }, "/rotate_byte", "is not a known key: did you mean rotate_bytes?"],
  [{ name: "a", type: "file", path: "p", rotate_seconds: 0 }, "/rotate_seconds", "is 0, but must be a whole number of seconds from 1 to 2678400."],
  [{ name: "a", type: "file", path: "p", prefix: "../x" }, "/prefix", 'is "../x", but must be 1 to 64 letters, digits, dots, underscores and hyphens that begin with a letter or digit.'],
  [{ name: "a", type: "sumo-logic-http" }, "", EITHER],
  [{ name: "a", type: "sumo-logic-http", url: "http://hush", token: "hush", endpoint: "http://h" }, "", EITHER],
  [{ name: "a", type: "sumo-logic-http", url: "ftp://hush" }, "/url", URL_HIDDEN],
  [{ name: "a", type: "sumo-logic-http", url: "https://user:hush@host" }, "/url", URL_HIDDEN],
  [{ name: "a", type: "sumo-logic-http", url: ["hush"] }, "/url", URL_HIDDEN],
  [{ name: "a", type: "sumo-logic-http", endpoint: "https://u:hush@h", token: "t" }, "/endpoint", "is a text of 16 characters, but must be an http or https URL without user and password."],
  [{ name: "a", type: "sumo-logic-http", endpoint: "https://h" }, "/token", 'is missing: it must be a text without spaces, or a reference: {"secretRef":"env:NAME"} (not a COLLECTOR_ variable), {"secretRef":"file:/path"} or {"secretRef":"keyvault:NAME"}.'],
  [{ name: "a", type: "sumo-logic-http", url: "https://h", batch_bytes_max: 1_000_001 }, "/batch_bytes_max", "is 1000001, but must be a whole number of bytes from 1000 to 1000000."],
  [{ name: "a", type: "sumo-logic-http", url: "https://h", compression_level: 0 }, "/compression_level", "is 0, but must be a whole number from 1 to 9."],
  [{ name: "a", type: "sumo-logic-http", url: "https://h", compression: "zstd" }, "/compression", 'is "zstd", but must be "gzip" or "none".'],
  [{ name: "a", type: "sumo-logic-http", url: "https://h", fields: { a: "b,c" } }, "/fields/a", 'is "b,c", but must be a text of at most 200 characters without comma and control characters (the X-Sumo-Fields header cannot carry them).'],
  [{ name: "a", type: "sumo-logic-http", url: "https://h", host: "a\nb" }, "/host", 'is "a\\nb", but must be a text of 1 to 128 characters without control characters.'],
];

describe("a destinations file", () => {
  it("is read by name, defaults filled in", () => {
    const verdict = validateDestinations({ destinations: [{ name: "default", type: "sumo-logic-http", url: "https://h/x" }, { name: "b", type: "file", path: "p" }, { name: "c", type: "stdout" }] });
    assert.ok(verdict.ok);
    assert.deepEqual([...verdict.destinations], [
      ["default", { type: "sumo-logic-http", config: { url: "https://h/x", fields: {}, compression: "gzip", compression_level: 1, batch_bytes_max: 1_000_000, timeout_seconds: 30 } }],
      ["b", { type: "file", config: { path: "p", rotate_bytes: 104_857_600, rotate_seconds: 3600, gzip: false, prefix: "rows" } }],
      ["c", { type: "stdout", config: {} }],
    ]);
  });

  it("keeps what is given in place of a default", () => {
    const verdict = validateDestinations(one({ name: "b", type: "file", path: "p", gzip: true, rotate_seconds: 1 }));
    assert.ok(verdict.ok);
    assert.deepEqual(verdict.destinations.get("b")?.config, { path: "p", gzip: true, rotate_seconds: 1, rotate_bytes: 104_857_600, prefix: "rows" });
  });

  it("that is absent means files in the folder given", () => {
    const [[name, destination] = []] = [...defaultDestinations("/data/rows")];
    assert.equal(name, "default");
    const verdict = validateDestinations(one({ name, type: destination?.type, path: "/data/rows" }));
    assert.ok(verdict.ok);
    assert.deepEqual(verdict.destinations.get("default"), destination);
  });

  for (const [entry, place, sentence] of REFUSED) {
    it(`with ${JSON.stringify(entry)} is refused with the reason`, () => {
      const found = problems(one(entry));
      assert.equal(found[`/destinations/0${place}`], `/destinations/0${place} ${sentence}`);
      assert.ok(!JSON.stringify(found).includes("hush"), "a secret is shown");
    });
  }

  it("must be an object with a list of at least one", () => {
    assert.deepEqual(problems(null), { "": "The destinations file is null, but must be an object with a list named destinations." });
    assert.deepEqual(problems({}), { "/destinations": "/destinations is missing: it must be a list of 1 to 64 destinations." });
    assert.deepEqual(problems({ destinations: [] }), { "/destinations": "/destinations is an empty list, but must be a list of 1 to 64 destinations." });
    assert.match(problems({ destination: [] })["/destination"] ?? "", /did you mean destinations\?$/);
  });

  it("names each destination once", () => {
    const twice = problems({ destinations: [{ name: "a", type: "stdout" }, { name: "a", type: "stdout" }] });
    assert.deepEqual(twice, { "/destinations/1/name": '/destinations/1/name is "a" once more, but names must be unique.' });
  });
});
