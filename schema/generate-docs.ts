/** Reference pages, from the schemas and the catalogue of faults. */
import { FAULTS } from "../service/core/fault.js";
import { fieldsOf, requiredOf } from "./fields.js";
import { schemaOf, type SchemaNode } from "./load.js";
import { DESTINATION_TYPES, SOURCE_TYPES } from "./registry.js";
import { expectationOf } from "./sentences.js";

const NOTICE = "<!-- Generated from schema/ by `npm run generate`. Do not edit. -->";

/** Text of docs/reference/definition.md. */
export function definitionPage(): string {
  const source = schemaOf("definition.schema.json#/$defs/source");
  const common = schemaOf("sources/common.schema.json");
  const generations = SOURCE_TYPES.flatMap((type) =>
    type.generations.flatMap(({ schema }) => {
      const node = schemaOf(schema);
      return [`## Config, ${lowerFirst(node.title)}`, String(node.description), table(without(fieldsOf(node), fieldsOf(common)), requiredOf(node))];
    }),
  );
  return page("Source definition", [
    String(schemaOf("definition.schema.json").description),
    "The generation of `config` is told by its keys; keys of both in one config are refused. A secret is a text, or a reference: `{\"secretRef\": \"env:NAME\"}`, `{\"secretRef\": \"file:/path\"}` or `{\"secretRef\": \"keyvault:NAME\"}`. Answers show a secret as `********`; sent back like that, the stored secret stays.",
    "## Envelope",
    table(fieldsOf(source), requiredOf(source)),
    "### schemaRef",
    table(fieldsOf(fieldsOf(source).get("schemaRef")!), requiredOf(fieldsOf(source).get("schemaRef")!)),
    ...generations,
    "## Config, both generations",
    table(fieldsOf(common), requiredOf(common)),
  ]);
}

/** Text of docs/reference/destinations.md. */
export function destinationsPage(): string {
  const common = schemaOf("destinations/common.schema.json");
  const types = DESTINATION_TYPES.flatMap((type) => {
    const node = schemaOf(`destinations/${type}.schema.json`);
    const own = without(fieldsOf(node), fieldsOf(common));
    return [`## ${type}`, String(node.description), ...(own.size === 0 ? [] : [table(own, requiredOf(node))])];
  });
  return page("Destinations", [
    `${schemaOf("destinations.schema.json").description} It holds \`{"destinations": [...]}\`, one entry per destination. Without the file there is one \`file\` destination named \`default\`, in the folder \`rows\` of the data folder.`,
    "## Every destination",
    table(fieldsOf(common), requiredOf(common)),
    ...types,
  ]);
}

/** Text of docs/reference/collector.md. */
export function collectorPage(): string {
  const node = schemaOf("collector.schema.json");
  return page("Hosted collector", [
    `${node.description}`,
    "By the API it is given bare or inside `{\"collector\": ...}`; as a file of a configuration repository under `collectors/`, bare. Sources belong to it by their path in the API, and by `collector` beside `config` in their file.",
    table(fieldsOf(node), requiredOf(node)),
  ]);
}

/** Text of docs/reference/settings.md. */
export function settingsPage(): string {
  const node = schemaOf("settings.schema.json");
  const secrets = [...fieldsOf(node)].filter(([, field]) => field["x-secret"] === true).map(([name]) => `\`${name}_FILE\``);
  return page("Settings", [
    `${node.description} These are ${secrets.slice(0, -1).join(", ")} and ${secrets.at(-1)}. A variable that begins with \`COLLECTOR_\` and is not known, an empty one and a wrong value end the start with exit code 78; \`COLLECTOR_URL\` alone, which is for the command line, is passed over.`,
    table(fieldsOf(node), requiredOf(node)),
  ]);
}

/** Text of docs/reference/faults.md. */
export function faultsPage(): string {
  const rows = Object.entries(FAULTS).map(([code, fault]) => [`\`${code}\``, fault.remedy, fault.party, fault.title, fault.next]);
  return page("Faults", [
    "Everything that can go wrong, and what to do. The remedy says who is asked: `retry` passes by itself; `consent` wants a person who authorises again; `configure` wants a correction of a definition, a destination, a right or a setting; `report` wants somebody told.",
    grid(["Code", "Remedy", "Side", "What it is", "What to do next"], rows),
  ]);
}

function page(title: string, parts: readonly string[]): string {
  return `${[`# ${title}`, NOTICE, ...parts].join("\n\n")}\n`;
}

function table(fields: ReadonlyMap<string, SchemaNode>, required: ReadonlySet<string>): string {
  const rows = [...fields].map(([name, field]) => [
    `\`${name}\`${field["x-secret"] === true ? " (secret)" : ""}`,
    expectationOf(field),
    required.has(name) ? "required" : defaultOf(field),
    `${field.description}`,
    exampleOf(field),
  ]);
  return grid(["Key", "Must be", "Default", "Meaning", "Example"], rows);
}

function without(fields: ReadonlyMap<string, SchemaNode>, others: ReadonlyMap<string, SchemaNode>): ReadonlyMap<string, SchemaNode> {
  return new Map([...fields].filter(([name]) => !others.has(name)));
}

function defaultOf(field: SchemaNode): string {
  return field["x-default"] ?? (field.default === undefined ? "none" : code(field.default));
}

function exampleOf(field: SchemaNode): string {
  const [example] = field.examples ?? [];
  return example === undefined ? "" : code(example);
}

function code(value: unknown): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function lowerFirst(text: string | undefined): string {
  return text === undefined ? "" : text.charAt(0).toLowerCase() + text.slice(1);
}
