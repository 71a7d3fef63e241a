/**
 * Schemas for editors: one file per kind of configuration file, whole in itself, because an editor that is offline follows no `$ref`
 * to elsewhere. They ask for what a repository needs beyond a definition: a name, and secrets by reference alone.
 */
import { SCHEMA_BASE, schemaOf, type SchemaNode } from "./load.js";
import { DESTINATION_TYPES, SOURCE_TYPES } from "./registry.js";

type Json = Readonly<Record<string, unknown>>;

const DIALECT = "https://json-schema.org/draft/2020-12/schema";
/** Keywords of our own that no editor knows; `x-expects` and the like only cost bytes. */
const OWN = /^x-/;
const REFERENCE = `${SCHEMA_BASE}shared.schema.json#/$defs/reference`;

/** Schemas that allow no other keys than their own: they stand at the top of a file, which may also name its schema. */
const DESTINATIONS: ReadonlySet<string> = new Set(DESTINATION_TYPES.map((type) => `${SCHEMA_BASE}destinations/${type}.schema.json`));

/** Text of schema/editor/source.json. */
export function editorSource(): string {
  const generations = SOURCE_TYPES.flatMap((type) => type.generations.map(({ schema }) => ({ $ref: SCHEMA_BASE + schema })));
  const source = schemaOf("definition.schema.json#/$defs/source");
  return bundled("editor/source.json", "Source of a configuration repository", {
    allOf: [source, { properties: { config: { required: ["name"], anyOf: generations } } }],
    properties: { $schema: { type: "string" } },
  });
}

/** Text of schema/editor/destination.json. */
export function editorDestination(): string {
  const entry = schemaOf("destinations.schema.json").allOf?.find((part) => part.properties)?.properties?.["destinations"]?.items;
  const branches = entry?.allOf ?? [];
  return bundled("editor/destination.json", "Destination of a configuration repository", { type: "object", required: ["name", "type"], allOf: [{ $ref: `${SCHEMA_BASE}destinations/common.schema.json` }, ...branches] });
}

/** Text of schema/editor/collector.json. */
export function editorCollector(): string {
  const { title: _title, description: _description, ...collector } = closed(schemaOf("collector.schema.json"));
  return bundled("editor/collector.json", "Collector of a configuration repository", collector);
}

/** `$schema` is one more key that the file may have. */
function closed(node: SchemaNode): Json {
  return { ...node, properties: { $schema: { type: "string" }, ...node.properties } };
}

function bundled(path: string, title: string, root: Json): string {
  const definitions = new Map<string, unknown>();
  const body = walk(root, definitions);
  const all = { $schema: DIALECT, $id: SCHEMA_BASE + path, title, description: "Generated from the other schemas by `npm run generate`.", ...(body as Json), $defs: Object.fromEntries([...definitions].toSorted(([a], [b]) => (a < b ? -1 : 1))) };
  return `${JSON.stringify(all, null, 2)}\n`;
}

/** A copy whose references lead into `$defs`, which are filled on the way. */
function walk(node: unknown, definitions: Map<string, unknown>): unknown {
  if (Array.isArray(node)) return node.map((one) => walk(one, definitions));
  if (typeof node !== "object" || node === null) return node;
  const { $ref, ...rest } = node as Json;
  // A secret that is written out is refused in a repository.
  if (Array.isArray(rest["anyOf"]) && rest["x-secret"] === true) return walk({ ...without(rest, ["anyOf"]), $ref: REFERENCE }, definitions);
  const own = Object.entries(rest).filter(([key]) => !OWN.test(key) && !["$id", "$schema", "$defs", "$comment"].includes(key));
  const kept = own.map(([key, value]): [string, unknown] => {
    if (["default", "examples", "const", "enum"].includes(key)) return [key, value];
    // Its keys are names, not keywords.
    return [key, key === "properties" ? Object.fromEntries(Object.entries(value as Json).map(([name, field]) => [name, walk(field, definitions)])) : walk(value, definitions)];
  });
  return Object.fromEntries(typeof $ref === "string" ? [["$ref", localOf($ref, definitions)], ...kept] : kept);
}

function localOf(reference: string, definitions: Map<string, unknown>): string {
  const name = reference.slice(SCHEMA_BASE.length).replace(/\.schema\.json/, "").replace("#/$defs/", ".").replaceAll("/", ".");
  if (!definitions.has(name)) {
    definitions.set(name, {});
    definitions.set(name, walk(DESTINATIONS.has(reference) ? closed(schemaOf(reference)) : schemaOf(reference), definitions));
  }
  return `#/$defs/${name}`;
}

function without(node: Json, keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(node).filter(([key]) => !keys.includes(key)));
}
