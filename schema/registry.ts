/** Which kinds of source and destination there are, and which schema says what each may be given. A newcomer is added here. */
import { schemaOf, type SchemaNode } from "./load.js";

export interface Generation {
  readonly version: string;
  /** Path under schema/. */
  readonly schema: string;
}
export interface SourceTypeSchemas {
  /** schemaRef.type that is answered. */
  readonly type: string;
  readonly generations: readonly Generation[];
}

export const SOURCE_TYPES: readonly SourceTypeSchemas[] = [
  {
    type: "MS Exchange Trace Logs",
    generations: [
      { version: "1.0", schema: "sources/ms-exchange-trace-logs.1.0.schema.json" },
      { version: "2.0", schema: "sources/ms-exchange-trace-logs.2.0.schema.json" },
    ],
  },
];

export const DESTINATION_TYPES = ["sumo-logic-http", "file", "stdout"] as const;
export type DestinationType = (typeof DESTINATION_TYPES)[number];

/** The type that an accepted spelling is answered with. */
export function canonicalType(type: string): string {
  const aliases = schemaOf("definition.schema.json#/$defs/source").properties?.["schemaRef"]?.properties?.["type"]?.["x-aliases"] ?? {};
  return Object.hasOwn(aliases, type) ? (aliases[type] ?? type) : type;
}

/** Schemas of a source type by either spelling; undefined when there is no such type. */
export function sourceTypeOf(type: string): SourceTypeSchemas | undefined {
  const canonical = canonicalType(type);
  return SOURCE_TYPES.find((candidate) => candidate.type === canonical);
}

/** Schema of a destination type. Throws RangeError when there is none. */
export function destinationSchema(type: string): SchemaNode {
  if (!(DESTINATION_TYPES as readonly string[]).includes(type)) throw new RangeError("No such source or destination type");
  return schemaOf(`destinations/${type}.schema.json`);
}
