/** TypeScript types of what users and operators write, from the schemas. */
import { compile } from "json-schema-to-typescript";
import { fieldsOf, requiredOf } from "./fields.js";
import { schemaOf, type SchemaNode } from "./load.js";
import { DESTINATION_TYPES } from "./registry.js";

/** json-schema-to-typescript's own type of a schema. */
type PlainSchema = Parameters<typeof compile>[0];

interface TypeOrder {
  readonly name: string;
  readonly schema: string;
  /** The interface whose fields, those of `parentSchema`, are not repeated. */
  readonly parent?: string;
  readonly parentSchema?: string;
  /** Fields that this one narrows to a constant. */
  readonly constants?: Readonly<Record<string, string>>;
}

const TYPES: readonly TypeOrder[] = [
  { name: "ExchangeTraceCommon", schema: "sources/common.schema.json" },
  exchangeTrace("10", "1.0"),
  exchangeTrace("20", "2.0"),
  { name: "DestinationEntry", schema: "destinations/common.schema.json" },
  ...DESTINATION_TYPES.map((type) => ({
    name: `${type.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")}Entry`,
    schema: `destinations/${type}.schema.json`,
    parent: "DestinationEntry",
    parentSchema: "destinations/common.schema.json",
    constants: { type },
  })),
  { name: "SettingsEnvironment", schema: "settings.schema.json" },
];

/** Source text of types.generated.ts. */
export async function typesText(): Promise<string> {
  const parts = ["/** Generated from the schema files by `npm run generate`. Do not edit. */", 'import type { Secret } from "../service/ports.js";'];
  for (const order of TYPES) {
    const text = await compile(plainObject(order), order.name, { bannerComment: "", additionalProperties: false });
    const head = `export interface ${order.name} `;
    parts.push(text.trim().replace(head, order.parent === undefined ? head : `${head}extends ${order.parent} `));
  }
  return `${parts.join("\n\n")}\n`;
}

function exchangeTrace(suffix: string, version: string): TypeOrder {
  return { name: `ExchangeTraceConfig${suffix}`, schema: `sources/ms-exchange-trace-logs.${version}.schema.json`, parent: "ExchangeTraceCommon", parentSchema: "sources/common.schema.json" };
}

function plainObject(order: TypeOrder): PlainSchema {
  const node = schemaOf(order.schema);
  const inherited = order.parentSchema === undefined ? new Map<string, SchemaNode>() : fieldsOf(schemaOf(order.parentSchema));
  const own = [...fieldsOf(node)].filter(([name]) => !inherited.has(name)).map(([name, field]): [string, PlainSchema] => [name, plain(field)]);
  const constants = Object.entries(order.constants ?? {}).map(([name, value]): [string, PlainSchema] => [name, { const: value }]);
  const fields = [...constants, ...own];
  const required = [...requiredOf(node)].filter((name) => fields.some(([field]) => field === name));
  return { description: node.description ?? "", type: "object", required, properties: Object.fromEntries(fields), additionalProperties: false };
}

/** One field in the words that the generator understands. Titles are left out: they would become type names. */
function plain(field: SchemaNode): PlainSchema {
  const { description = "" } = field;
  if (field.anyOf !== undefined) return { description, tsType: field["x-secret"] === true ? "Secret" : "string" };
  if (field.enum !== undefined) return { description, enum: [...field.enum] as string[] };
  if (field.type === "array") return { description, tsType: "readonly string[]" };
  if (field.type === "object") return { description, tsType: "Readonly<Record<string, string | boolean>>" };
  return { description, type: field.type as "string" };
}
