/** Validates a source definition as a user gives it: all faults at once, each a sentence; or what it means. */
import type { SourceConfig } from "../service/ports.js";
import { credentialFindings } from "./credential.js";
import { fromPointer, toPointer } from "./fields.js";
import { unwrap, type Unwrapped } from "./envelope.js";
import { allConfigKeys, findGeneration } from "./generation.js";
import { generationKeys, normalize } from "./normal.js";
import { canonicalType, sourceTypeOf, SOURCE_TYPES } from "./registry.js";
import { judge, standIns, type Finding } from "./rules.js";
import { isRecord } from "./secrets.js";
import { bounded, problemsOf, shownKey, type Problem } from "./sentences.js";

/** A definition as it is kept and answered: what the user wrote, with the type in its first spelling. */
export interface Definition {
  readonly id?: number;
  readonly schemaRef: { readonly type: string; readonly version?: string };
  readonly sourceType: "Universal";
  /** As given: no defaults filled in, secrets still inside. */
  readonly config: Readonly<Record<string, unknown>>;
}

export type DefinitionVerdict =
  | { readonly ok: true; readonly definition: Definition; readonly normal: SourceConfig; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface DefinitionOptions {
  /** The source exists already: a start that has slipped out of the API's history since is a warning, not a fault. */
  readonly existing?: boolean;
  /** It is a file of a configuration repository: there `collector` counts, elsewhere it is ignored. */
  readonly inRepository?: boolean;
}

/**
 * Judges a definition: bare, in `{"source": ...}` or in `{"api.version": "v1", "source": ...}`. Keys that answers carry
 * (id, name, state, alive, ...) are ignored. Never throws, whatever JSON it is given; never repeats a secret.
 * `nowMs` is the time against which `start` is measured. Masked secrets must have been joined before.
 */
export function validateDefinition(body: unknown, nowMs: number, options: DefinitionOptions = {}): DefinitionVerdict {
  const unwrapped = unwrap(body);
  const { source, at } = unwrapped;
  if (!isRecord(source)) return { ok: false, problems: unwrapped.problems };
  const shape = problemsOf("definition.schema.json#/$defs/source", source, { at, subject: "The definition" });
  const problems = [...unwrapped.problems, ...shape.map((problem) => unwrapped.explain(problem))];
  const config = Object.hasOwn(source, "config") ? source["config"] : undefined;
  if (!isRecord(config)) return { ok: false, problems: bounded(problems) };

  const judged = judgeConfig(unwrapped, source, config, nowMs, options.existing === true);
  problems.push(...judged.problems);
  if (problems.length > 0) return { ok: false, problems: bounded(problems) };
  const astray = Object.hasOwn(source, "collector") && options.inRepository !== true ? [`${toPointer([...at, "collector"])} is ignored here: the path names the collector.`] : [];
  return { ok: true, definition: definitionOf(source, config), normal: judged.normal, warnings: [...astray, ...judged.warnings] };
}

function judgeConfig(unwrapped: Unwrapped, source: Record<string, unknown>, config: Record<string, unknown>, nowMs: number, existing: boolean) {
  const at = [...unwrapped.at, "config"];
  const schemaRef = schemaRefOf(source);
  // An unknown type is complained of by the envelope; its config is judged as the likeliest type's.
  const type = sourceTypeOf(schemaRef.type) ?? SOURCE_TYPES[0]!;
  const { generation, foreign, fault } = findGeneration(type, config);
  const own = Object.fromEntries(Object.entries(config).filter(([key]) => !foreign.has(key)));
  const found = new Map<string, Problem>();
  if (fault !== undefined) found.set(toPointer(at), { pointer: toPointer(at), message: `${toPointer(at)} ${fault}.` });
  for (const problem of problemsOf(generation.schema, own, { at, ...(fault === undefined ? {} : { alsoKnown: allConfigKeys() }) })) {
    // What is missing cannot be said while the generation is not known.
    const key = fromPointer(problem.pointer)[at.length];
    if (fault !== undefined && key !== undefined && !Object.hasOwn(config, key)) continue;
    found.set(problem.pointer, problem);
  }
  for (const finding of standIns(generation.schema, own)) found.set(pointerOf(at, finding), { pointer: pointerOf(at, finding), message: sentence(at, finding) });

  const faulty = new Set([...found.keys()].map((pointer) => fromPointer(pointer)[at.length]));
  const normal = normalize(generation, type.type, Object.fromEntries(Object.entries(own).filter(([key]) => !faulty.has(key))));
  const findings = judge(normal, { ...generationKeys(generation) }, nowMs, existing);
  // What is missing cannot be said while the generation is not known.
  const proofs = fault === undefined ? credentialFindings(generation, own) : [];
  for (const finding of [...findings.problems, ...proofs]) found.set(pointerOf(at, finding), { pointer: pointerOf(at, finding), message: sentence(at, finding) });
  const warnings = findings.warnings.map((finding) => sentence(at, finding));
  return { problems: [...found.values()], normal, warnings: [...unwrapped.warnings, ...versionWarning(schemaRef, generation.version, unwrapped.at), ...warnings] };
}

function definitionOf(source: Record<string, unknown>, config: Record<string, unknown>): Definition {
  const schemaRef = schemaRefOf(source);
  const id = Object.hasOwn(source, "id") ? source["id"] : undefined;
  return {
    ...(typeof id === "number" ? { id } : {}),
    schemaRef: { ...schemaRef, type: canonicalType(schemaRef.type) },
    sourceType: "Universal",
    config: structuredClone(config),
  };
}

function schemaRefOf(source: Record<string, unknown>): { type: string; version?: string } {
  const given = Object.hasOwn(source, "schemaRef") ? source["schemaRef"] : undefined;
  const { type, version } = isRecord(given) ? given : {};
  return { type: typeof type === "string" ? type : "", ...(typeof version === "string" ? { version } : {}) };
}

function versionWarning(schemaRef: { version?: string }, generation: string, at: readonly string[]): readonly string[] {
  const { version } = schemaRef;
  if (version === undefined || version === "latest" || version === generation || version.startsWith(`${generation}.`)) return [];
  return [`${toPointer([...at, "schemaRef", "version"])} is "${version}", but the keys of config are of generation ${generation}: the keys decide.`];
}

function pointerOf(at: readonly string[], finding: Finding): string {
  return toPointer([...at, finding.key]);
}

function sentence(at: readonly string[], finding: Finding): string {
  return `${toPointer([...at, shownKey(finding.key)])} ${finding.says}`;
}
