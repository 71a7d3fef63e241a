import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { DESTINATION_TYPES, fieldsOf, requiredOf, SCHEMA_FILES, schemaOf, SOURCE_TYPES, validateDefinition, validateDestinations, type SchemaNode } from "../../schema/index.js";
import { complaints } from "../../schema/load.js";
import { canonicalType } from "../../schema/registry.js";
import { staleFiles } from "../../schema/generate.js";
import { NOW_MS } from "./samples.js";

const ROOT = new URL("../../", import.meta.url);

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(new URL(folder, ROOT), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(ending)).map((name) => name.replaceAll("\\", "/")).toSorted();
}

function json(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, ROOT), "utf8"));
}

const OBJECTS = ["sources/common.schema.json", ...SOURCE_TYPES.flatMap((type) => type.generations.map(({ schema }) => schema)), "destinations/common.schema.json",
  ...DESTINATION_TYPES.map((type) => `destinations/${type}.schema.json`), "destinations.schema.json#/$defs/list", "definition.schema.json#/$defs/source", "settings.schema.json", "collector.schema.json", "access-key.schema.json"];

describe("schema files", () => {
  it("are all listed, and carry their path in their id", () => {
    // The Azure stack reads its own schema itself: the service does not know it.
    const ours = filesIn("schema/", ".schema.json").filter((name) => !name.startsWith("azure-"));
    assert.deepEqual([...SCHEMA_FILES].toSorted(), ours);
    for (const path of SCHEMA_FILES) assert.equal(schemaOf(path).$id, `https://message-trace-collector.dev/schema/${path}`);
  });

  it("are schemas: the service takes that for granted", () => {
    const ajv = new Ajv2020();
    for (const path of SCHEMA_FILES) assert.ok(ajv.validateSchema(schemaOf(path)), `${path}: ${ajv.errorsText()}`);
  });

  it("name every type of source and destination in every place", () => {
    const types = fieldsOf(schemaOf("definition.schema.json#/$defs/source")).get("schemaRef")?.properties?.["type"]?.enum ?? [];
    assert.deepEqual([...new Set(types.map((type) => canonicalType(String(type))))], SOURCE_TYPES.map(({ type }) => type));
    assert.deepEqual(schemaOf("destinations/common.schema.json").properties?.["type"]?.enum, DESTINATION_TYPES);
    const branches = JSON.stringify(schemaOf("destinations.schema.json").allOf);
    for (const type of DESTINATION_TYPES) assert.ok(branches.includes(`destinations/${type}.schema.json`), type);
  });

  for (const reference of OBJECTS) {
    it(`${reference} explains each field, and its examples and default are valid`, () => {
      const node = schemaOf(reference);
      for (const [name, field] of fieldsOf(node)) explains(reference, name, field, requiredOf(node).has(name));
    });
  }

  it("define each field once", () => {
    for (const { generations } of SOURCE_TYPES) {
      const own = generations.flatMap(({ schema }) => Object.keys(schemaOf(schema).properties ?? {}));
      const common = Object.keys(schemaOf("sources/common.schema.json").properties ?? {});
      assert.equal(new Set([...own, ...common]).size, own.length + common.length);
    }
  });
});

function explains(reference: string, name: string, field: SchemaNode, required: boolean): void {
  const place = `${reference} ${name}`;
  assert.ok(field.title && field.description?.endsWith("."), `${place}: title and description`);
  assert.ok(field.examples?.length, `${place}: examples`);
  assert.ok(required || field.default !== undefined || field["x-default"] !== undefined, `${place}: default`);
  if (field["x-secret"] === true && reference !== "settings.schema.json") assert.deepEqual(Object.keys(field.examples[0] as object), ["secretRef"], `${place}: example by reference`);
  if (field["x-secret"] === true) return;
  for (const value of [...field.examples, ...(field.default === undefined ? [] : [field.default])]) {
    const found = complaints(reference, { [name]: value }).filter((error) => error.instancePath.startsWith(`/${name}`));
    assert.deepEqual(found.map((error) => error.message), [], `${place}: ${JSON.stringify(value)}`);
  }
}

describe("examples", () => {
  for (const name of filesIn("examples/definitions/", ".json")) {
    it(`definitions/${name} is valid, for the collector and for an editor`, () => {
      const verdict = validateDefinition(json(`examples/definitions/${name}`), NOW_MS);
      assert.ok(verdict.ok, JSON.stringify(verdict));
      assert.deepEqual(complaints("definition.schema.json", json(`examples/definitions/${name}`)), []);
    });
  }
  for (const name of filesIn("examples/destinations/", ".json")) {
    it(`destinations/${name} is valid, for the collector and for an editor`, () => {
      const verdict = validateDestinations(json(`examples/destinations/${name}`));
      assert.ok(verdict.ok, JSON.stringify(verdict));
      assert.deepEqual(complaints("destinations.schema.json", json(`examples/destinations/${name}`)), []);
    });
  }

  it("are there for both generations", () => {
    const generations = filesIn("examples/definitions/", ".json").map((name) => validateDefinition(json(`examples/definitions/${name}`), NOW_MS));
    assert.deepEqual([...new Set(generations.map((verdict) => verdict.ok && verdict.normal.generation))].toSorted(), ["1.0", "2.0"]);
  });

  it("of mistakes are mistakes for an editor too", () => {
    assert.notEqual(complaints("definition.schema.json", { schemaRef: { type: "MS Exchange Trace Logs" }, sourceType: "Universal", config: {} }).length, 0);
    assert.notEqual(complaints("destinations.schema.json", { destinations: [{ name: "a", type: "stdout", path: "p" }] }).length, 0);
  });
});

describe("generated files", () => {
  it("are what the schemas say (npm run generate writes them)", async () => assert.deepEqual(await staleFiles(), []));

  it("are checked by a command", () => {
    const script = fileURLToPath(new URL("schema/generate.ts", ROOT));
    const run = spawnSync(process.execPath, ["--import=tsx", script, "--check"], { cwd: fileURLToPath(ROOT), encoding: "utf8" });
    assert.deepEqual([run.status, run.stderr], [0, ""]);
  });
});
