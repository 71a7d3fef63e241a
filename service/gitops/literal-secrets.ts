/** Secrets that are written out in a file, each with the reference that should stand there. Pure. */
import { MASK, separateSecrets } from "../../schema/index.js";
import type { FileProblem } from "./config-file.js";
import type { ObjectKind } from "./repository.js";

const TYPE_DEFAULT = "MS Exchange Trace Logs";

/** Of one file's value, or of several merged; without a place. */
export function literalSecrets(kind: ObjectKind, value: unknown): Pick<FileProblem, "pointer" | "message" | "remedy">[] {
  if (kind === "collector" || !isObject(value)) return [];
  const { at, config, type } = kind === "source" ? sourceParts(value) : { at: "", config: value, type: value["type"] };
  const owner = typeof config["name"] === "string" ? config["name"] : kind === "source" ? "exchange" : "destination";
  return Object.entries(secretsOf(typeof type === "string" ? type : "", config)).flatMap(([pointer, secret]) => {
    if (typeof secret !== "string" || secret === MASK) return [];
    const variable = variableFor(owner, pointer);
    const remedy = `Write {"secretRef": "env:${variable}"} and set that variable for the collector, or {"secretRef": "file:/run/secrets/${variable.toLowerCase()}"}; then replace the secret itself: it is in the history.`;
    return [{ pointer: at + pointer, message: `${at}${pointer} is a secret written out: whoever reads the repository has it.`, remedy }];
  });
}

/** Where the config of a source's file is, and what it is. */
export function sourceParts(value: unknown): { at: string; config: Readonly<Record<string, unknown>>; type: string } {
  const wrapped = isObject(value) && isObject(value["source"]);
  const source = wrapped ? (value["source"] as Record<string, unknown>) : isObject(value) ? value : {};
  const schemaRef = isObject(source["schemaRef"]) ? source["schemaRef"] : {};
  return { at: wrapped ? "/source/config" : "/config", config: isObject(source["config"]) ? source["config"] : {}, type: typeof schemaRef["type"] === "string" ? schemaRef["type"] : TYPE_DEFAULT };
}

/** Name of an environment variable for a secret: CONTOSO_CLIENT_SECRET. */
export function variableFor(owner: string, pointer: string): string {
  const words = `${owner} ${pointer.slice(1).replace(/([a-z])([A-Z])/g, "$1 $2")}`;
  const name = words.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "").toUpperCase();
  return /^(?:\d|COLLECTOR_)/.test(name) ? `SOURCE_${name}` : name;
}

function secretsOf(type: string, config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return separateSecrets(type, config).secrets;
  } catch {
    // An unknown type: the schema complains of it; a source's secrets are looked for as those of the likeliest type.
    return "clientSecret" in config || "client_secret" in config ? separateSecrets(TYPE_DEFAULT, config).secrets : {};
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
