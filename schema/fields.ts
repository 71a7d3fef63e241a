/** Walks schemas: which fields an object may have, and which field a JSON pointer names. */
import { schemaOf, type SchemaNode } from "./load.js";

/** A subschema with its `$ref` followed; what stands beside the reference wins. */
export function resolved(node: SchemaNode): SchemaNode {
  if (node.$ref === undefined) return node;
  const { $ref, ...beside } = node;
  return { ...resolved(schemaOf($ref)), ...beside };
}

/** Fields of an object, by name, in the order of the schema: what it takes over by allOf first. */
export function fieldsOf(node: SchemaNode): ReadonlyMap<string, SchemaNode> {
  const self = resolved(node);
  const fields = new Map<string, SchemaNode>();
  for (const part of self.allOf ?? []) for (const [name, field] of fieldsOf(part)) fields.set(name, field);
  for (const [name, field] of Object.entries(self.properties ?? {})) fields.set(name, resolved(field));
  return fields;
}

/** Names of fields that must be there. */
export function requiredOf(node: SchemaNode): ReadonlySet<string> {
  const self = resolved(node);
  return new Set([...(self.allOf ?? []).flatMap((part) => [...requiredOf(part)]), ...(self.required ?? [])]);
}

/** The field that a path of keys leads to, or undefined where the schema knows none. */
export function fieldAt(root: SchemaNode, path: readonly string[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = resolved(root);
  for (const key of path) {
    if (node === undefined) return undefined;
    const named: SchemaNode | undefined = fieldsOf(node).get(key);
    const rest: SchemaNode | undefined = typeof node.additionalProperties === "object" ? node.additionalProperties : node.items;
    node = named ?? (rest === undefined ? undefined : resolved(rest));
  }
  return node;
}

/** Pointers of the fields of an object that are secrets, at any depth that the schema names. */
export function secretPointers(node: SchemaNode): readonly string[] {
  return [...fieldsOf(node)].flatMap(([name, field]) => {
    const pointer = toPointer([name]);
    return field["x-secret"] === true ? [pointer] : secretPointers(field).map((below) => pointer + below);
  });
}

/** The value with the defaults of its missing fields, as a copy. */
export function withDefaults(node: SchemaNode, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const filled = structuredClone(value) as Record<string, unknown>;
  for (const [name, field] of fieldsOf(node)) {
    if (field.default !== undefined && !Object.hasOwn(filled, name)) filled[name] = structuredClone(field.default);
  }
  return filled;
}

/** JSON pointer (RFC 6901) of a path of keys. */
export function toPointer(path: readonly string[]): string {
  return path.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Keys that a JSON pointer names. */
export function fromPointer(pointer: string): readonly string[] {
  return pointer.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}
