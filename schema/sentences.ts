/** Turns ajv's complaints into sentences for people: where, what is wrong, what would be right. No secret gets into one. */
import type { ErrorObject } from "ajv/dist/2020.js";
import { fieldAt, fieldsOf, fromPointer, toPointer } from "./fields.js";
import { complaints, schemaOf, type SchemaNode } from "./load.js";
import { nearestKey } from "./nearest-key.js";

/** One thing that is wrong with a document. */
export interface Problem {
  /** JSON pointer of the place in the document as it was given; "" is the whole. */
  readonly pointer: string;
  /** A whole sentence that names the place, what is wrong and what would be right. */
  readonly message: string;
}

export interface SentenceOptions {
  /** Path of the checked value within the document, for pointers. */
  readonly at?: readonly string[];
  /** What the whole document is called when a message is about it. */
  readonly subject?: string;
  /** Keys that are offered for an unknown one of the checked object itself, when they are more than the schema's. */
  readonly alsoKnown?: Iterable<string>;
}

/** Longer texts are not repeated: nobody needs them, and a secret in the wrong field is one. GUIDs in braces just fit. */
const QUOTED_LENGTH_MAX = 38;
/** Beyond this many the reader is not helped. */
export const PROBLEMS_MAX = 100;

/** Everything that a schema finds wrong with a value, one sentence per place, in the order of the schema. */
export function problemsOf(schema: string, value: unknown, options: SentenceOptions = {}): Problem[] {
  const scope: Scope = { root: schemaOf(schema), at: options.at ?? [], subject: options.subject ?? "The document", alsoKnown: [...(options.alsoKnown ?? [])], value };
  const found = new Map<string, Problem>();
  for (const error of complaints(schema, value)) {
    // Hostile input may have tens of thousands of faults: those that will be left out get no guesses at what was meant.
    const problem = found.size <= PROBLEMS_MAX ? problemOf(error, scope) : inBrief(error, scope);
    if (problem !== undefined && !found.has(problem.pointer)) found.set(problem.pointer, problem);
  }
  return [...found.values()];
}

/** The first problems, and a last one that says how many there are beyond. */
export function bounded(problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= PROBLEMS_MAX) return problems;
  return [...problems.slice(0, PROBLEMS_MAX), { pointer: "", message: `${problems.length - PROBLEMS_MAX} more problems are left out.` }];
}

/** A value as a message may show it. Never call it with a secret. */
export function shown(value: unknown): string {
  if (typeof value === "string") return value.length <= QUOTED_LENGTH_MAX && !holdsPassword(value) ? JSON.stringify(value) : `a text of ${value.length} characters`;
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** A URL with user and password. */
function holdsPassword(text: string): boolean {
  return /:\/\/[^/]*@/.test(text);
}

/** What a field must be, as it follows "must be". */
export function expectationOf(node: SchemaNode): string {
  const unit = node["x-unit"] === undefined ? "" : ` of ${node["x-unit"]}`;
  const whole = node["x-whole-number"];
  if (node["x-expects"] !== undefined) return node["x-expects"];
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum !== undefined) return orList(node.enum.map((entry) => JSON.stringify(entry)));
  if (whole !== undefined) return `a whole number${unit} from ${whole.minimum} to ${whole.maximum}`;
  if (node.type === "integer") return `a whole number${unit} from ${node.minimum} to ${node.maximum}`;
  if (node.type === "number") return `a number from ${node.minimum} to ${node.maximum}`;
  if (node.type === "boolean") return "true or false";
  if (node.type === "string") return `a text of ${node.minLength ?? 0} to ${node.maxLength} characters`;
  return node.type === "array" ? "a list" : "an object";
}

/** `"a", "b" or "c"`. */
export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** A key as a message may show it. */
export function shownKey(key: string): string {
  return key.length <= QUOTED_LENGTH_MAX ? key : `${key.slice(0, QUOTED_LENGTH_MAX)}…`;
}

interface Scope extends Required<Omit<SentenceOptions, "alsoKnown">> {
  readonly root: SchemaNode;
  readonly alsoKnown: readonly string[];
  readonly value: unknown;
}

function problemOf(error: ErrorObject, scope: Scope): Problem | undefined {
  const path = fromPointer(error.instancePath);
  const whole = wholeValue(scope.root, path);
  if (whole !== undefined) return wrong(whole.path, whole.node, scope);
  switch (error.keyword) {
    case "if":
      return undefined;
    case "required":
    case "dependentRequired":
      return error.schemaPath.includes("/oneOf/") ? undefined : missing(path, String(error.params["missingProperty"]), scope);
    case "unevaluatedProperties":
    case "additionalProperties":
      return unknown(path, String(error.params["unevaluatedProperty"] ?? error.params["additionalProperty"]), scope);
    case "propertyNames":
      return wrongKey(path, String(error.params["propertyName"]), scope);
    case "oneOf":
    case "not": {
      const expects = (error.parentSchema as SchemaNode | undefined)?.["x-expects"] ?? "something else";
      return { pointer: pointerOf(path, scope), message: `${nameOf(path, scope)} must have ${expects}.` };
    }
    default:
      // Complaints about a map's key come once more as propertyNames.
      return error.propertyName === undefined ? wrong(path, fieldAt(scope.root, path), scope) : undefined;
  }
}

function inBrief(error: ErrorObject, scope: Scope): Problem {
  const { unevaluatedProperty, additionalProperty, missingProperty, propertyName } = error.params as Record<string, unknown>;
  const key = unevaluatedProperty ?? additionalProperty ?? missingProperty ?? propertyName;
  const pointer = toPointer(scope.at) + error.instancePath + (typeof key === "string" ? toPointer([key]) : "");
  return { pointer, message: "More is wrong here." };
}

/** The outermost field on the way that is judged as a whole: its schema is a choice, so ajv's words about branches mislead. */
function wholeValue(root: SchemaNode, path: readonly string[]): { path: readonly string[]; node: SchemaNode } | undefined {
  for (let length = 1; length <= path.length; length++) {
    const node = fieldAt(root, path.slice(0, length));
    if (node?.anyOf !== undefined && node["x-expects"] !== undefined) return { path: path.slice(0, length), node };
  }
  return undefined;
}

function wrong(path: readonly string[], node: SchemaNode | undefined, scope: Scope): Problem {
  const pointer = pointerOf(path, scope);
  // A place that the schema does not describe may hold anything, a secret too.
  if (node === undefined) return { pointer, message: `${nameOf(path, scope)} is not as the schema asks.` };
  const expects = expectationOf(node);
  if (node["x-secret"] === true) return { pointer, message: `${nameOf(path, scope)} must be ${expects}; what was given is a secret and not shown.` };
  const problem = `${nameOf(path, scope)} is ${shown(valueAt(scope.value, path))}`;
  return { pointer, message: `${problem}${standsFor(node, valueAt(scope.value, path))}, but must be ${expects}.` };
}

/** A near miss of an enumerated word. */
function standsFor(node: SchemaNode, value: unknown): string {
  const words = node.enum?.filter((entry): entry is string => typeof entry === "string");
  const near = typeof value === "string" && words !== undefined ? nearestKey(value, words) : undefined;
  return near === undefined ? "" : ` (did you mean ${JSON.stringify(near)}?)`;
}

function missing(path: readonly string[], key: string, scope: Scope): Problem {
  const place = [...path, key];
  const node = fieldAt(scope.root, place);
  const given = valueAt(scope.value, path);
  const known = fieldsOf(fieldAt(scope.root, path) ?? scope.root);
  const strangers = typeof given === "object" && given !== null ? Object.keys(given).filter((candidate) => !known.has(candidate)) : [];
  const near = nearestKey(key, strangers.slice(0, PROBLEMS_MAX));
  const hint = near === undefined ? "" : ` (is "${shownKey(near)}" meant to be it?)`;
  return { pointer: pointerOf(place, scope), message: `${nameOf(place, scope)} is missing${hint}: it must be ${node === undefined ? "given" : expectationOf(node)}.` };
}

function unknown(path: readonly string[], key: string, scope: Scope): Problem {
  const known = new Set([...fieldsOf(fieldAt(scope.root, path) ?? scope.root).keys(), ...(path.length === 0 ? scope.alsoKnown : [])]);
  const near = nearestKey(key, known);
  const right = near === undefined ? `known keys are ${[...known].join(", ")}` : `did you mean ${near}?`;
  const place = [...path, key];
  return { pointer: pointerOf(place, scope), message: `${nameOf(place, scope)} is not a known key: ${right}${near === undefined ? "." : ""}` };
}

function wrongKey(path: readonly string[], key: string, scope: Scope): Problem {
  const expects = fieldAt(scope.root, path)?.["x-key-expects"] ?? "another text";
  return { pointer: pointerOf([...path, key], scope), message: `${nameOf(path, scope)} has the key ${JSON.stringify(shownKey(key))}, but a key must be ${expects}.` };
}

function pointerOf(path: readonly string[], scope: Scope): string {
  return toPointer([...scope.at, ...path]);
}

function nameOf(path: readonly string[], scope: Scope): string {
  const full = [...scope.at, ...path];
  return full.length === 0 ? scope.subject : toPointer(full.map(shownKey));
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const key of path) value = typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  return value;
}
