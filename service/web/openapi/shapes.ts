/** Short words for JSON Schema (2020-12), of which the answers are described. */

export type Shape = Readonly<Record<string, unknown>>;

export const text: Shape = { type: "string" };
export const count: Shape = { type: "integer", minimum: 0 };
export const number: Shape = { type: "number" };
export const flag: Shape = { type: "boolean" };
export const instant: Shape = { type: "string", format: "date-time" };
export const anything: Shape = {};

/** One of these words. */
export function words(...all: readonly string[]): Shape {
  return { type: "string", enum: all };
}

/** Nothing, or this. */
export function orNull(shape: Shape): Shape {
  return { anyOf: [shape, { type: "null" }] };
}

export function listOf(items: Shape): Shape {
  return { type: "array", items };
}

/** An object of exactly these keys; one whose name ends in "?" may be absent. */
export function object(keys: Readonly<Record<string, Shape>>, about: Shape = {}): Shape {
  const required = Object.keys(keys).filter((key) => !key.endsWith("?"));
  const properties = Object.fromEntries(Object.entries(keys).map(([key, shape]) => [key.replace(/\?$/, ""), shape]));
  return { type: "object", required, properties, additionalProperties: false, ...about };
}

export function mapOf(values: Shape): Shape {
  return { type: "object", additionalProperties: values };
}

/** A part that the document names. */
export function part(name: string): Shape {
  return { $ref: `#/components/schemas/${name}` };
}
