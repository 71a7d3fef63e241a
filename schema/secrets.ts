/** Takes secrets out of a config and puts them back, by the `x-secret` marks of the schemas. */
import type { Secret } from "../service/ports.js";
import { fromPointer, secretPointers } from "./fields.js";
import { schemaOf, type SchemaNode } from "./load.js";
import { destinationSchema, sourceTypeOf } from "./registry.js";

/** What an answer shows in place of a secret. */
export const MASK = "********";

export interface SeparatedConfig {
  /** A copy with MASK in place of each secret. */
  readonly config: Record<string, unknown>;
  /** The secrets by their JSON pointer in config. */
  readonly secrets: Record<string, Secret>;
}

/**
 * Splits a config into what may be shown and what must be sealed. `type` is a schemaRef.type (or its alias) or a destination type.
 * A `{"secretRef": ...}` is no secret and stays; a MASK is no secret either and stays. Throws RangeError for an unknown type.
 */
export function separateSecrets(type: string, config: Readonly<Record<string, unknown>>): SeparatedConfig {
  const copy = structuredClone(config) as Record<string, unknown>;
  const secrets: Record<string, Secret> = {};
  for (const pointer of pointersOf(type)) {
    const place = placeOf(copy, pointer);
    if (place === undefined) continue;
    const value = place.holder[place.key];
    if (value === MASK || isReference(value)) continue;
    secrets[pointer] = value as Secret;
    place.holder[place.key] = MASK;
  }
  return { config: copy, secrets };
}

/** A copy of the config with the stored secrets where it carries MASK; a MASK without a stored secret stays. */
export function joinSecrets(config: Readonly<Record<string, unknown>>, secrets: Readonly<Record<string, Secret>>): Record<string, unknown> {
  const copy = structuredClone(config) as Record<string, unknown>;
  for (const [pointer, secret] of Object.entries(secrets)) {
    const place = placeOf(copy, pointer);
    if (place !== undefined && place.holder[place.key] === MASK) place.holder[place.key] = structuredClone(secret);
  }
  return copy;
}

/** Whether a value is a well-formed `{"secretRef": "env:..." | "file:..." | "keyvault:..."}` and nothing more. */
export function isReference(value: unknown): boolean {
  if (!isRecord(value) || Object.keys(value).length !== 1) return false;
  const pattern = schemaOf("shared.schema.json#/$defs/reference").properties?.["secretRef"]?.pattern ?? "$^";
  const reference = Object.hasOwn(value, "secretRef") ? value["secretRef"] : undefined;
  return typeof reference === "string" && new RegExp(pattern, "u").test(reference);
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pointersOf(type: string): readonly string[] {
  const nodes: readonly SchemaNode[] = sourceTypeOf(type)?.generations.map((generation) => schemaOf(generation.schema)) ?? [destinationSchema(type)];
  return [...new Set(nodes.flatMap((node) => secretPointers(node)))];
}

/** The object and key that a pointer names, when the key is there. */
function placeOf(root: Record<string, unknown>, pointer: string): { holder: Record<string, unknown>; key: string } | undefined {
  const path = [...fromPointer(pointer)];
  const key = path.pop();
  let holder: unknown = root;
  for (const step of path) holder = isRecord(holder) && Object.hasOwn(holder, step) ? holder[step] : undefined;
  return key !== undefined && isRecord(holder) && Object.hasOwn(holder, key) ? { holder, key } : undefined;
}
