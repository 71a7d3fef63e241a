/** What is wrong with settings, as sentences for people. */
import type { ErrorObject } from "ajv";

export interface Problem {
  /** JSON pointer of the field, "" for the whole. */
  readonly field: string;
  readonly message: string;
  /** What to write in its place. */
  readonly remedy: string;
}

/** All problems of one settings file at once. */
export class SettingsError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], file?: string, options: { readonly cause?: unknown } = {}) {
    const lines = problems.map((problem) => `  ${problem.field || "(file)"}: ${problem.message} ${problem.remedy}`);
    super([`${problems.length} problem(s) in the settings${file ? ` ${file}` : ""}:`, ...lines].join("\n"), options);
    this.name = "SettingsError";
    this.problems = problems;
  }
}

/** The problems of several files as one error. */
export function allOf(errors: readonly SettingsError[]): SettingsError {
  const all = new SettingsError(errors.flatMap(({ problems }) => problems));
  all.message = errors.map(({ message }) => message).join("\n");
  return all;
}

/** ajv's errors as problems. Of a wrong property name it tells both the rule that was broken and the property: the second says it all. */
export function schemaProblems(errors: readonly ErrorObject[], schema: object): Problem[] {
  return errors.filter((error) => error.propertyName === undefined).map((error) => schemaProblem(error, schema));
}

/** The schema's descriptions serve as remedies. */
function schemaProblem(error: ErrorObject, schema: object): Problem {
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case "additionalProperties": {
      const unknown = String(params["additionalProperty"]);
      const known = Object.keys(propertiesAt(schema, error.schemaPath));
      const near = nearest(unknown, known);
      return {
        field: `${error.instancePath}/${unknown}`,
        message: "is not a setting.",
        remedy: near ? `Did you mean "${near}"?` : `Known here: ${known.join(", ")}.`,
      };
    }
    case "propertyNames":
      return { field: `${error.instancePath}/${String(params["propertyName"])}`, message: "is not a name that Azure takes.", remedy: remedyOf(schema, `${error.schemaPath}/description`) };
    case "required":
      return { field: `${error.instancePath}/${String(params["missingProperty"])}`, message: "is missing.", remedy: "Add it." };
    case "enum":
      return { field: error.instancePath, message: "is not one of the allowed values.", remedy: `Use one of ${(params["allowedValues"] as unknown[]).join(", ")}.` };
    default:
      return { field: error.instancePath, message: `${error.message ?? "is wrong"}.`, remedy: remedyOf(schema, error.schemaPath) };
  }
}

type Node = Record<string, unknown>;

/** The part of the schema that holds the keyword named by a schema path such as "#/properties/app/additionalProperties". */
function holderOf(schema: object, schemaPath: string): Node {
  let node = schema as Node;
  for (const step of schemaPath.split("/").slice(1, -1)) {
    node = (node[step.replaceAll("~1", "/").replaceAll("~0", "~")] ?? {}) as Node;
  }
  return node;
}

function propertiesAt(schema: object, schemaPath: string): Node {
  return (holderOf(schema, schemaPath)["properties"] ?? {}) as Node;
}

function remedyOf(schema: object, schemaPath: string): string {
  const description = holderOf(schema, schemaPath)["description"];
  return typeof description === "string" ? `Expected: ${description}` : "See schema/azure-settings.schema.json.";
}

/** The known key that differs least from `word`, when it differs by a third at most. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map((key) => ({ key, steps: distance(word.toLowerCase(), key.toLowerCase()) })).toSorted((a, b) => a.steps - b.steps);
  const best = ranked[0];
  return best && best.steps <= Math.max(1, Math.floor(best.key.length / 3)) ? best.key : undefined;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
