/** Reading a configuration repository: positions, layout, overlays, and every problem with its place and remedy. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ConfigFile } from "../../service/core/config-origin.js";
import { parseConfigFile } from "../../service/gitops/config-file.js";
import { judgeObjects } from "../../service/gitops/desired.js";
import { variableFor } from "../../service/gitops/literal-secrets.js";
import { mergePatch } from "../../service/gitops/merge-patch.js";
import { fromPointer, toPointer } from "../../service/gitops/pointer.js";
import { readRepository } from "../../service/gitops/repository.js";
import { tellProblems } from "../../service/gitops/tell-problems.js";
import { CONFIG, file, NOW_MS, source, sourceIn } from "./samples.js";

function judged(files: readonly ConfigFile[], environment?: string) {
  const { objects, problems } = readRepository(files, environment);
  const verdict = judgeObjects(objects, { nowMs: NOW_MS, otherDestinations: ["default"] });
  return { ...verdict, problems: [...problems, ...verdict.problems] };
}

describe("a configuration file", () => {
  it("knows the line of every value, in JSON with tabs and in YAML", () => {
    const json = parseConfigFile({ path: "sources/a.json", text: '{\n\t"config": {\n\t\t"destinations": ["a",\n\t\t\t"b"]\n\t}\n}\n' });
    assert.deepEqual(json.value, { config: { destinations: ["a", "b"] } });
    assert.deepEqual([json.place("/config").line, json.place("/config/destinations/1").line], [2, 4]);
    const yaml = parseConfigFile({ path: "sources/a.yaml", text: "config:\n  name: a\n  start: 2026-11-01T00:00:00Z\n" });
    assert.deepEqual(yaml.value, { config: { name: "a", start: "2026-11-01T00:00:00Z" } });
    assert.deepEqual(yaml.place("/config/name"), { line: 2, column: 3 });
    // Of what is missing, its holder.
    assert.deepEqual(yaml.place("/config/clientID"), { line: 1, column: 1 });
    assert.deepEqual([yaml.says("/config/name"), yaml.says("/config/clientID")], [true, false]);
  });

  const broken: readonly [string, string, number, RegExp][] = [
    ["a.json", '{\n  "a": 1,\n}', 3, /not valid JSON/],
    ["a.json", "a: 1\n", 1, /not valid JSON/],
    ["a.json", '{"a": 1,\n "a": 2}', 2, /a second time/],
    ["a.yaml", "a: 1\nb: [1\nc: 2\n", 3, /./],
    ["a.yaml", "a: 1\n---\nb: 2\n", 2, /./],
    ["a.yaml", "", 1, /empty/],
    ["a.yaml", "a: 1\na: 2\n", 2, /a second time/],
  ];
  for (const [path, text, line, message] of broken) {
    it(`says what is wrong with ${JSON.stringify(text)} as ${path}`, () => {
      const { problems, value } = parseConfigFile({ path, text });
      assert.equal(value, undefined);
      assert.equal(problems.length, 1);
      assert.equal(problems[0]!.line, line);
      assert.match(problems[0]!.message, message);
      assert.ok(problems[0]!.remedy);
    });
  }

  it("does not blow up by aliases, and keeps a key named __proto__ a key", () => {
    const level = (name: string, below: string) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${below}`).join(", ")}]\n`;
    const bomb = `a: &a [1, 2]\n${level("b", "a")}${level("c", "b")}${level("d", "c")}${level("e", "d")}${level("f", "e")}`;
    assert.equal(parseConfigFile({ path: "a.yaml", text: bomb }).problems.length, 1);
    const { value } = parseConfigFile({ path: "a.yaml", text: "__proto__:\n  polluted: true\n" });
    assert.deepEqual(Object.keys(value as object), ["__proto__"]);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  it("never throws, whatever the text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), fc.constantFrom("a.json", "a.yaml"), (text, path) => {
      const parsed = parseConfigFile({ path, text });
      assert.ok(parsed.problems.length > 0 || parsed.value !== undefined);
      parsed.place("/config/name");
    }));
  });
});

describe("merge patch", () => {
  // The examples of RFC 7386, appendix A.
  const rfc: readonly [unknown, unknown, unknown][] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [["a", "b"], ["c", "d"], ["c", "d"]],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, result] of rfc) {
    it(`${JSON.stringify(target)} with ${JSON.stringify(patch)}`, () => assert.deepEqual(mergePatch(target, patch), result));
  }

  it("is idempotent, and an empty patch changes nothing", () => {
    const json = fc.jsonValue({ noUnicodeString: false } as never);
    fc.assert(fc.property(json, json, (target, patch) => {
      const once = mergePatch(target, patch);
      assert.deepEqual(mergePatch(once, patch), once);
    }));
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (target) => assert.deepEqual(mergePatch({ ...target }, {}), { ...target })));
  });

  it("pointers are put together and taken apart", () => {
    fc.assert(fc.property(fc.array(fc.string()), (path) => assert.deepEqual(fromPointer(toPointer(path)), path)));
  });
});

describe("the layout of a repository", () => {
  it("takes sources and destinations at any depth and leaves everything else alone", () => {
    const files = [file("sources/emea/a.json", source()), file("README.json", 1), file("other/sources/x.json", 1), file("destinations/d.yaml", { name: "d", type: "stdout" }), file("sources/notes.txt", 1)];
    const { desired, problems } = judged(files);
    assert.deepEqual(problems, []);
    assert.deepEqual([desired.sources.map(({ file: path }) => path), desired.destinations.map(({ name }) => name)], [["sources/emea/a.json"], ["d"]]);
  });

  it("merges an environment's files over the others, by path whatever the ending", () => {
    const files = [
      file("sources/a.json", source({ fields: { kept: "yes", gone: "yes" } })),
      { path: "environments/test/sources/a.yaml", text: "config:\n  pollingIntervalMin: 10m\n  fields: {gone: null, environment: test}\n" },
      file("environments/test/sources/only.json", source({ name: "only in test" })),
      file("sources/b.json", source({ name: "b" })),
      { path: "environments/test/sources/b.json", text: "null\n" },
      file("environments/broken/sources/a.json", "{"),
    ];
    const test = judged(files, "test");
    assert.deepEqual(test.problems, []);
    assert.deepEqual(test.desired.sources.map(({ name }) => name), ["contoso", "only in test"]);
    assert.deepEqual(test.desired.sources[0]!.definition.config, { ...CONFIG, pollingIntervalMin: "10m", fields: { kept: "yes", environment: "test" } });
    assert.deepEqual(judged(files).desired.sources.map(({ name }) => name), ["contoso", "b"]);
  });

  it("blames the file that says what is wrong: the overlay or the base", () => {
    const files = [file("sources/a.json", source({ tenantID: "nope" })), file("environments/test/sources/a.json", { config: { pollingIntervalMin: "never" } })];
    const { problems } = judged(files, "test");
    assert.deepEqual(problems.map((problem) => [problem.file, problem.line, problem.pointer]).toSorted(), [
      ["environments/test/sources/a.json", 3, "/config/pollingIntervalMin"],
      ["sources/a.json", 9, "/config/tenantID"],
    ]);
  });

  const whole: readonly [string, readonly ConfigFile[], string | undefined, RegExp][] = [
    ["an empty folder is a wrong path, not the wish to delete everything", [], undefined, /no file under sources/],
    ["an unknown environment", [file("sources/a.json", source()), file("environments/test/sources/a.json", {})], "prod", /"prod" has no files/],
    ["the same object twice", [file("sources/a.json", source()), file("sources/a.yaml", source())], undefined, /same object in another form/],
  ];
  for (const [name, files, environment, message] of whole) {
    it(name, () => assert.match(judged(files, environment).problems.map((problem) => problem.message).join(), message));
  }
});

describe("collectors of a repository", () => {
  it("hold the sources that name them; without a name it is the one that is always there", () => {
    const files = [
      { path: "collectors/emea/west.yaml", text: "# yaml-language-server: $schema=x\nname: west\ncategory: a/b\ntimeZone: Europe/Berlin\n" },
      file("collectors/east.json", { $schema: "../.schema/collector.json", name: "east" }),
      file("collectors/wrapped.json", { collector: { collectorType: "Hosted", name: "wrapped", id: 7, alive: true, links: [] } }),
      file("sources/a.json", { $schema: "x", ...(sourceIn("west", { name: "n" }) as object) }), file("sources/b.json", { source: sourceIn("wrapped", { name: "n" }) }),
      file("sources/c.json", source({ name: "n" })), file("sources/d.json", sourceIn("default", { name: "d" })),
    ];
    const { desired, problems, warnings } = judged(files);
    assert.deepEqual([problems, warnings], [[], []]);
    assert.deepEqual(desired.collectors.map(({ name, body, file: path }) => [name, body.category, body.timeZone, path]), [["east", undefined, "Etc/UTC", "collectors/east.json"], ["west", "a/b", "Europe/Berlin", "collectors/emea/west.yaml"], ["wrapped", undefined, "Etc/UTC", "collectors/wrapped.json"]]);
    assert.deepEqual(desired.sources.map(({ name, collector }) => [name, collector]), [["n", "west"], ["n", "wrapped"], ["n", "default"], ["d", "default"]]);
    assert.ok(desired.sources.every(({ definition }) => !("collector" in definition)));
  });

  it("are merged with an environment's overlays, which may give a source another one, or take one out", () => {
    const files = [
      file("collectors/west.json", { name: "west", description: "all", fields: { kept: "yes", gone: "yes" } }), file("collectors/east.json", { name: "east" }),
      file("environments/test/collectors/west.json", { description: null, fields: { gone: null, environment: "test" } }), file("environments/test/collectors/only.json", { name: "only" }),
      file("sources/a.json", sourceIn("west", { name: "a" })), file("environments/test/sources/a.json", { collector: "only" }),
      file("sources/b.json", sourceIn("west", { name: "b" })), file("environments/test/sources/b.json", { collector: null }),
      { path: "environments/broken/collectors/west.yaml", text: "null\n" },
    ];
    const test = judged(files, "test");
    assert.deepEqual(test.problems, []);
    assert.deepEqual(test.desired.collectors.map(({ name, body: { description, fields } }) => [name, description, fields]), [["east", undefined, {}], ["west", undefined, { kept: "yes", environment: "test" }], ["only", undefined, {}]]);
    assert.deepEqual(test.desired.sources.map(({ name, collector }) => [name, collector]), [["a", "only"], ["b", "default"]]);
    assert.deepEqual(judged(files, "broken").problems.map((problem) => [problem.file, problem.line, problem.pointer]), [["sources/a.json", 14, "/collector"], ["sources/b.json", 14, "/collector"]]);
  });

  const wrong: readonly [string, readonly ConfigFile[], string, number, string, RegExp, RegExp][] = [
    ["a name that no file describes", [file("sources/a.json", sourceIn("wset")), file("collectors/west.json", { name: "west" })], "sources/a.json", 14, "/collector", /"wset" does not exist/, /Known are default, west: .*collectors\//],
    ["a name in the wrapped form", [file("sources/a.json", { source: sourceIn("wset") })], "sources/a.json", 15, "/source/collector", /"wset" does not exist/, /Known are default:/],
    ["a name that an overlay gives", [file("sources/a.json", source()), file("environments/e/sources/a.json", { collector: "nope" })], "environments/e/sources/a.json", 2, "/collector", /"nope" does not exist/, /Known are/],
    ["a name that is no text", [file("sources/a.json", { ...(source() as object), collector: ["west"] })], "sources/a.json", 14, "/collector", /a list of 1/, /a text of 1 to 128/],
    ["a name inside config", [file("sources/a.json", source({ collector: "west" })), file("collectors/west.json", { name: "west" })], "sources/a.json", 13, "/config/collector", /not where the collector is named/, /Move it to \/collector, beside config/],
    ["a name beside the wrapped source", [file("sources/a.json", { collector: "west", source: source() }), file("collectors/west.json", { name: "west" })], "sources/a.json", 2, "/collector", /not where the collector is named/, /Move it to \/source\/collector/],
    ["a name that is there twice", [file("collectors/a.json", { name: "west" }), file("collectors/b.json", { name: "west" })], "collectors/b.json", 2, "/name", /collectors\/a.json has the name "west" already/, /unique/],
    ["a source that is there twice in one collector", [file("collectors/w.json", { name: "west" }), file("sources/a.json", sourceIn("west")), file("sources/b.json", sourceIn("west"))], "sources/b.json", 7, "/config/name", /sources\/a.json has the name "contoso" in the collector "west" already/, /in their collector/],
    ["the name that is always there", [file("collectors/a.json", { description: "x", name: "default" })], "collectors/a.json", 3, "/name", /"default" is always there/, /another name/],
    ["a collector without a name", [file("collectors/a.json", { description: "x" })], "collectors/a.json", 1, "/name", /\/name is missing/, /a text of 1 to 128/],
    ["an unknown key", [file("collectors/a.json", { name: "a", timezone: "Etc/UTC" })], "collectors/a.json", 3, "/timezone", /not a known key: did you mean timeZone/, /./],
    ["an unknown time zone", [file("collectors/a.json", { name: "a", timeZone: "Berlin" })], "collectors/a.json", 3, "/timeZone", /not a time zone/, /Europe\/Berlin/],
    ["a field that is no text", [file("collectors/a.json", { name: "a", fields: { x: 1 } })], "collectors/a.json", 4, "/fields/x", /is 1/, /a text/],
    ["a collector that is a list", [file("collectors/a.json", [])], "collectors/a.json", 1, "", /./, /./],
  ];
  for (const [name, files, path, line, pointer, message, remedy] of wrong) {
    it(`finds ${name}`, () => {
      const { problems } = judged(files, files.some((one) => one.path.startsWith("environments/e/")) ? "e" : undefined);
      assert.deepEqual(problems.map((problem) => [problem.file, problem.line, problem.pointer]), [[path, line, pointer]]);
      assert.match(problems[0]!.message, message);
      assert.match(problems[0]!.remedy ?? "", remedy);
    });
  }

  it("are not named by keys that are ignored: those are warned of", () => {
    const { problems, warnings } = judged([file("sources/a.json", { ...(source() as object), Collector: "west", collectorId: 7 })]);
    assert.deepEqual(problems, []);
    assert.deepEqual(warnings.map(({ line, pointer, message }) => [line, pointer, message]), [[14, "/Collector", "/Collector is ignored: the collector is named by /collector."], [15, "/collectorId", "/collectorId is ignored: the collector is named by /collector."]]);
  });

  it("that are not in order are complained of themselves, and not by their sources", () => {
    const { problems } = judged([file("collectors/west.json", { name: "west", fields: 7 }), file("sources/a.json", sourceIn("west"))]);
    assert.deepEqual(problems.map((problem) => [problem.file, problem.pointer]), [["collectors/west.json", "/fields"]]);
  });
});

describe("judging a repository", () => {
  const wrong: readonly [string, readonly ConfigFile[], string, number, string, RegExp, RegExp, string?][] = [
    ["a literal secret", [file("sources/a.json", source({ clientSecret: "Very~Secret-Value.8" }))], "sources/a.json", 10, "/config/clientSecret", /secret written out/, /"env:CONTOSO_CLIENT_SECRET".*"file:.*history/],
    ["a literal secret that an overlay covers", [file("sources/a.json", source({ clientSecret: "Very~Secret-Value.8" })), file("environments/prod/sources/a.json", { config: { clientSecret: { secretRef: "env:A" } } })], "sources/a.json", 10, "/config/clientSecret", /secret written out/, /it is in the history/, "prod"],
    ["a literal secret in what an overlay leaves out", [file("sources/a.json", source({ clientSecret: "Very~Secret-Value.8" })), file("environments/prod/sources/a.json", null), file("sources/b.json", source({ name: "b" }))], "sources/a.json", 10, "/config/clientSecret", /secret written out/, /it is in the history/, "prod"],
    ["a literal secret of a destination", [file("destinations/s.json", { name: "s", type: "sumo-logic-http", url: "https://collectors.example/receiver/v1/http/Very~Secret-Value.8" })], "destinations/s.json", 4, "/url", /secret written out/, /env:S_URL/],
    ["a source without a name", [file("sources/a.json", source({ name: undefined }))], "sources/a.json", 6, "/config/name", /missing/, /by it the running source is found/],
    ["a name that is there twice", [file("sources/a.json", source()), file("sources/b.json", source())], "sources/b.json", 7, "/config/name", /sources\/a.json has the name "contoso"/, /unique/],
    ["a destination that is there twice", [file("destinations/a.json", { name: "d", type: "stdout" }), file("destinations/b.json", { name: "d", type: "stdout" })], "destinations/b.json", 2, "/name", /destinations\/a.json has the name "d"/, /unique/],
    ["a destination that does not exist", [file("sources/a.json", source({ destinations: ["default", "sumo"] }))], "sources/a.json", 15, "/config/destinations/1", /"sumo" does not exist/, /Known are default/],
    ["a field of the wrong form", [file("sources/a.json", source({ pollingIntervalMin: "never" }))], "sources/a.json", 13, "/config/pollingIntervalMin", /"never"/, /a duration/],
    ["an unknown key", [file("sources/a.json", source({ tenantId: "x" }))], "sources/a.json", 13, "/config/tenantId", /not a known key/, /./],
    ["a destination of an unknown type", [file("destinations/a.json", { name: "d", type: "kafka" })], "destinations/a.json", 3, "/type", /"kafka"/, /"sumo-logic-http"/],
    ["a destination that is a list", [file("destinations/a.json", [])], "destinations/a.json", 1, "", /The destination is/, /object/],
    ["two destinations in one place", [file("destinations/a.json", { name: "a", type: "file", path: "/rows" }), file("destinations/b.json", { name: "b", type: "file", path: "/rows/" })], "destinations/b.json", 0, "/path", /same files/, /prefix/],
  ];
  for (const [name, files, path, line, pointer, message, remedy, environment] of wrong) {
    it(`finds ${name}`, () => {
      const { problems } = judged(files, environment);
      const found = problems.find((problem) => problem.file === path && problem.pointer === pointer);
      assert.ok(found, JSON.stringify(problems));
      if (line > 0) assert.equal(found.line, line);
      assert.match(found.message, message);
      assert.match(found.remedy ?? "", remedy);
      assert.doesNotMatch(JSON.stringify(problems), /Very~Secret/);
    });
  }

  it("finds everything at once, and takes the wrapped form", () => {
    const { problems } = judged([file("sources/a.json", { source: source({ clientID: "x", tenantID: "y", clientSecret: "literal-secret" }) }), file("sources/b.json", 7)]);
    assert.deepEqual(problems.map(({ pointer }) => pointer).toSorted(), ["", "/config/name", "/source/config/clientID", "/source/config/clientSecret", "/source/config/tenantID"]);
  });

  it("warns of what is allowed and unwise", () => {
    const { problems, warnings } = judged([file("sources/a.json", source({ pollingIntervalMin: "10s" }))]);
    assert.deepEqual(problems, []);
    assert.deepEqual(warnings.map(({ file: path, pointer, line }) => [path, pointer, line]), [["sources/a.json", "/config/pollingIntervalMin", 13]]);
  });

  it("never throws, whatever JSON the files hold", () => {
    fc.assert(fc.property(fc.jsonValue(), fc.constantFrom("sources/a.json", "destinations/a.json", "collectors/a.json", "environments/e/sources/a.json"), (value, path) => {
      const { desired, problems, warnings } = judged([file("sources/base.json", source()), file(path, value)], path.startsWith("environments") ? "e" : undefined);
      assert.ok(desired.sources.length + problems.length + warnings.length > 0);
    }));
  });

  it("names variables that a shell and the collector take", () => {
    assert.equal(variableFor("Contoso, Köln", "/clientSecret"), "CONTOSO_KOLN_CLIENT_SECRET");
    assert.equal(variableFor("1st", "/url"), "SOURCE_1ST_URL");
    assert.equal(variableFor("collector x", "/url"), "SOURCE_COLLECTOR_X_URL");
  });
});

describe("telling problems", () => {
  const problem = { file: "sources/a.json", line: 3, column: 5, pointer: "/config/name", message: "It is wrong: 100%,\nreally.", remedy: "Mend it." };
  const findings = { problems: [problem], warnings: [], summary: "1 source: 1 problem." };

  it("as text, with places that terminals link", () => {
    assert.equal(tellProblems(findings, "text", "repo/"), "repo/sources/a.json:3:5: error at /config/name: It is wrong: 100%,\nreally.\n    Mend it.\n1 source: 1 problem.\n");
  });
  it("as JSON for scripts", () => {
    assert.deepEqual(JSON.parse(tellProblems(findings, "json", ".")), { ok: false, summary: findings.summary, problems: [problem], warnings: [] });
  });
  it("as GitHub's annotations, escaped", () => {
    assert.match(tellProblems({ ...findings, problems: [{ file: ".", pointer: "", message: "It is not there." }] }, "text", "./repo"), /^\.\/repo: error: It is not there\.\n/);
    assert.equal(tellProblems(findings, "github", "."), "::error file=sources/a.json,line=3,col=5,title=/config/name::It is wrong: 100%25,%0Areally. Mend it.\n1 source: 1 problem.\n");
  });
});
