/** The schema files, compiled: the one place that knows where they are and which keywords of our own they use. */
import { readFileSync } from "node:fs";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { parseDurationMs } from "./duration.js";

/** What every `$id` begins with. */
export const SCHEMA_BASE = "https://message-trace-collector.dev/schema/";

/** One subschema: the keywords that this project uses. */
export interface SchemaNode {
  readonly $id?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxProperties?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly unevaluatedProperties?: boolean;
  readonly items?: SchemaNode;
  readonly allOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  /** The value is masked in answers, sealed at rest and never part of a message. */
  readonly "x-secret"?: boolean;
  /** What would be right, as it follows "must be". */
  readonly "x-expects"?: string;
  /** The same for the keys of a map. */
  readonly "x-key-expects"?: string;
  /** What holds when the field is absent, where that is no constant. */
  readonly "x-default"?: string;
  readonly "x-unit"?: string;
  /** Values of the documentation's examples that people forget to replace. */
  readonly "x-stand-ins"?: readonly string[];
  /** Accepted values and what they are answered as. */
  readonly "x-aliases"?: Readonly<Record<string, string>>;
  /** Limits of a duration such as "5m". */
  readonly "x-duration"?: { readonly minimumSeconds: number; readonly maximumSeconds: number };
  /** Limits of a whole number that is written as a text. */
  readonly "x-whole-number"?: { readonly minimum: number; readonly maximum: number };
}

/** Every schema file, by its path under schema/; a test compares this list with the folder. */
export const SCHEMA_FILES = [
  "shared.schema.json",
  "definition.schema.json",
  "sources/common.schema.json",
  "sources/ms-exchange-trace-logs.1.0.schema.json",
  "sources/ms-exchange-trace-logs.2.0.schema.json",
  "destinations.schema.json",
  "destinations/common.schema.json",
  "destinations/sumo-logic-http.schema.json",
  "destinations/file.schema.json",
  "destinations/stdout.schema.json",
  "settings.schema.json",
  "collector.schema.json",
  "access-key.schema.json",
] as const;

const schemas: ReadonlyMap<string, SchemaNode> = new Map(
  SCHEMA_FILES.map((path): [string, SchemaNode] => {
    const schema = JSON.parse(readFileSync(new URL(`./${path}`, import.meta.url), "utf8")) as SchemaNode;
    return [SCHEMA_BASE + path, schema];
  }),
);

const ANNOTATIONS = ["x-secret", "x-expects", "x-key-expects", "x-default", "x-unit", "x-stand-ins", "x-aliases"];

/** Made when something is judged for the first time. */
let ajv: Ajv2020 | undefined;

/**
 * The schema at a path under schema/ or at an absolute `$id`, with an optional `#/$defs/name`.
 * Throws RangeError when there is none: a mistake of the caller.
 */
export function schemaOf(reference: string): SchemaNode {
  const [path = "", fragment = ""] = absolute(reference).split("#");
  let node = schemas.get(path);
  const name = /^\/\$defs\/(\w+)$/.exec(fragment)?.[1];
  if (name !== undefined) node = node?.$defs?.[name];
  if (node === undefined) throw new RangeError(`No schema ${reference}`);
  return node;
}

/** Ajv's complaints about a value, all of them; empty when it is valid. The reference is one that `schemaOf` takes. */
export function complaints(reference: string, value: unknown): readonly ErrorObject[] {
  ajv ??= makeAjv();
  const validate: ValidateFunction | undefined = ajv.getSchema(absolute(reference));
  if (validate === undefined) throw new RangeError(`No schema ${reference}`);
  return validate(value) ? [] : [...(validate.errors ?? [])];
}

function absolute(reference: string): string {
  return reference.startsWith(SCHEMA_BASE) ? reference : SCHEMA_BASE + reference;
}

const RULES = { allErrors: true, verbose: true, strict: true, strictTypes: false, strictRequired: false, ownProperties: true } as const;
/** The files are ours: tests say that they are schemas (files.test.ts). Asking again at every start, and polishing code that runs a few times, took longer than compiling what a start needs. */
const QUICKLY = { validateSchema: false, code: { optimize: false } } as const;

function makeAjv(): Ajv2020 {
  const made = new Ajv2020({ ...RULES, ...QUICKLY });
  made.addVocabulary(ANNOTATIONS);
  made.addKeyword({
    keyword: "x-duration",
    type: "string",
    validate: (limits: NonNullable<SchemaNode["x-duration"]>, value: string) => {
      const ms = parseDurationMs(value);
      return ms !== undefined && ms >= limits.minimumSeconds * 1000 && ms <= limits.maximumSeconds * 1000;
    },
  });
  made.addKeyword({
    keyword: "x-whole-number",
    type: "string",
    validate: (limits: NonNullable<SchemaNode["x-whole-number"]>, value: string) =>
      /^\d{1,15}$/.test(value) && Number(value) >= limits.minimum && Number(value) <= limits.maximum,
  });
  made.addFormat("date-time", fullFormats["date-time"]);
  made.addFormat("http-url", (value: string) => httpUrl(value) !== undefined);
  made.addFormat("base-url", (value: string) => {
    const url = httpUrl(value);
    return url !== undefined && url.search === "" && !value.includes("?");
  });
  made.addFormat("base64-32-bytes", /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/);
  for (const schema of schemas.values()) made.addSchema(schema);
  return made;
}

/** An http or https URL without user, password, fragment and spaces; undefined when it is none. */
function httpUrl(value: string): URL | undefined {
  if (!/^https?:\/\/[^\s#\\]+$/i.test(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.username === "" && url.password === "" ? url : undefined;
}
