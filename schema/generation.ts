/** Tells the generation of a config by its keys. */
import { fieldsOf } from "./fields.js";
import { schemaOf } from "./load.js";
import { SOURCE_TYPES, type Generation, type SourceTypeSchemas } from "./registry.js";

export interface GenerationFinding {
  /** The one to check against; with a fault, the likelier one. */
  readonly generation: Generation;
  /** Why the keys do not tell, as a sentence's end: "mixes ..."; absent when they do. */
  readonly fault?: string;
  /** Keys of the other generation, to be left aside while the rest is checked. */
  readonly foreign: ReadonlySet<string>;
}

/** Keys that only this generation has. */
export function keysOf(generation: Generation): readonly string[] {
  return Object.keys(schemaOf(generation.schema).properties ?? {});
}

/** Every key that config may hold in some generation of some source type. */
export function allConfigKeys(): ReadonlySet<string> {
  return new Set(SOURCE_TYPES.flatMap((type) => type.generations.flatMap((generation) => [...fieldsOf(schemaOf(generation.schema)).keys()])));
}

/** The generation whose keys a config uses. A mix and the absence of all are faults; then the likelier one is answered. */
export function findGeneration(type: SourceTypeSchemas, config: Readonly<Record<string, unknown>>): GenerationFinding {
  const uses = type.generations.map((generation) => ({ generation, keys: keysOf(generation).filter((key) => Object.hasOwn(config, key)) }));
  const used = uses.filter((use) => use.keys.length > 0);
  const likeliest = uses.reduce((best, use) => (use.keys.length > best.keys.length ? use : best));
  const { generation } = likeliest;
  if (used.length === 1) return { generation, foreign: new Set() };
  if (used.length === 0) return { generation, foreign: new Set(), fault: `has no key that tells its generation: ${looks(type)}` };
  const mix = used.map((use) => `${use.keys.join(", ")} (${use.generation.version})`).join(" and ");
  const foreign = new Set(used.filter((use) => use !== likeliest).flatMap((use) => use.keys));
  return { generation, foreign, fault: `mixes the keys of two generations, ${mix}: use the keys of one` };
}

function looks(type: SourceTypeSchemas): string {
  return type.generations.map((generation) => `${generation.version} has ${keysOf(generation).join(", ")}`).join("; ");
}
