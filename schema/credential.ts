/** Which of the fields that prove the application goes with which `credential`: the needed one must be there, the others must not. */
import { fieldsOf } from "./fields.js";
import { schemaOf } from "./load.js";
import type { Generation } from "./registry.js";
import { generationKeys } from "./normal.js";
import type { Finding } from "./rules.js";
import { expectationOf } from "./sentences.js";

/** What is missing, and what the chosen credential has no use for: left in, it would look as if it were in force. */
export function credentialFindings(generation: Generation, config: Readonly<Record<string, unknown>>): readonly Finding[] {
  const chosen = config["credential"] ?? "secret";
  const { clientSecret, clientCertificate } = generationKeys(generation);
  if (chosen === "secret") return [...needed(generation, clientSecret, config), ...useless(clientCertificate, "certificate", config)];
  if (chosen === "certificate") return [...needed(generation, clientCertificate, config), ...useless(clientSecret, "secret", config)];
  if (chosen !== "managed-identity") return [];
  return [...useless(clientSecret, "secret", config), ...useless(clientCertificate, "certificate", config)];
}

function needed(generation: Generation, key: string, config: Readonly<Record<string, unknown>>): readonly Finding[] {
  const field = fieldsOf(schemaOf(generation.schema)).get(key);
  if (field === undefined || Object.hasOwn(config, key)) return [];
  return [{ key, says: `is missing: it must be ${expectationOf(field)}.` }];
}

function useless(key: string, of: string, config: Readonly<Record<string, unknown>>): readonly Finding[] {
  if (!Object.hasOwn(config, key)) return [];
  return [{ key, says: `is given, but credential is ${JSON.stringify(config["credential"] ?? "secret")}: leave it out, or set credential to ${JSON.stringify(of)}.` }];
}
