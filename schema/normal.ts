/** Both generations of config, normalised to the one shape that the collector works with. */
import type { Credential } from "../service/core/credential.js";
import type { Secret, SourceConfig } from "../service/ports.js";
import { parseDurationMs } from "./duration.js";
import { withDefaults } from "./fields.js";
import { schemaOf } from "./load.js";
import type { Generation } from "./registry.js";
import { apiOf, cloudOf, parseStart } from "./rules.js";

/** What a generation calls the fields that the generations call differently. */
export interface GenerationKeys {
  readonly clientId: string;
  readonly tenantId: string;
  readonly clientSecret: string;
  readonly clientCertificate: string;
  readonly authorizationCode: string;
  readonly pollingInterval: string;
  readonly timeOffset: string;
}

const KEYS: Readonly<Record<SourceConfig["generation"], GenerationKeys>> = {
  "1.0": {
    clientId: "app_client_id", tenantId: "directory_tenant_id", clientSecret: "client_secret", clientCertificate: "client_certificate",
    authorizationCode: "authorization_code", pollingInterval: "polling_interval", timeOffset: "time_offset",
  },
  // 2.0 has neither authorization code nor time offset: those names are not among its keys and never found.
  "2.0": {
    clientId: "clientID", tenantId: "tenantID", clientSecret: "clientSecret", clientCertificate: "clientCertificate",
    authorizationCode: "authorization_code", pollingInterval: "pollingIntervalMin", timeOffset: "time_offset",
  },
};

/** `credential` is absent for the common case, the client secret. */
export interface NormalConfig extends SourceConfig {
  readonly credential?: Credential;
}

/** See GenerationKeys. */
export function generationKeys(generation: Generation): GenerationKeys {
  return KEYS[versionOf(generation)];
}

/**
 * The meaning of a config whose fields are each valid. Fields may be absent, even required ones ("" then), so that the rest
 * of a faulty definition can be judged as well. `type` names a source that has no name of its own.
 */
export function normalize(generation: Generation, type: string, config: Readonly<Record<string, unknown>>): NormalConfig {
  const keys = generationKeys(generation);
  const full = withDefaults(schemaOf(generation.schema), config);
  const pollingIntervalMs = intervalMs(full[keys.pollingInterval]);
  const { description, category, start } = full;
  const authorizationCode = full[keys.authorizationCode];
  return {
    generation: versionOf(generation),
    name: textOf(full["name"], type),
    ...(typeof description === "string" ? { description } : {}),
    ...(typeof category === "string" ? { category } : {}),
    fields: full["fields"] as SourceConfig["fields"],
    clientId: textOf(full[keys.clientId], "").toLowerCase(),
    tenantId: textOf(full[keys.tenantId], "").toLowerCase(),
    clientSecret: (full[keys.clientSecret] ?? "") as Secret,
    ...credentialIn(full, keys),
    ...(authorizationCode === undefined ? {} : { authorizationCode: authorizationCode as Secret }),
    pollingIntervalMs,
    timeOffsetMs: 1000 * Number(full[keys.timeOffset] ?? 0),
    api: apiOf(full["api"], versionOf(generation) === "1.0" ? "reporting" : "graph"),
    cloud: cloudOf(full["cloud"]),
    start: typeof start === "string" ? parseStart(start) : { backMs: pollingIntervalMs },
    destinations: full["destinations"] as readonly string[],
    paused: full["paused"] === true,
    settleHorizonMs: 1000 * Number(full["settle_horizon"]),
    statusChanges: full["status_changes"] as SourceConfig["statusChanges"],
    annotate: full["annotate"] === true,
    catchUp: full["catch_up"] as SourceConfig["catchUp"],
    budgetReserve: Number(full["budget_reserve"]),
  };
}

function credentialIn(full: Readonly<Record<string, unknown>>, keys: GenerationKeys): { readonly credential?: Credential } {
  if (full["credential"] === "managed-identity") return { credential: { kind: "managed-identity" } };
  if (full["credential"] === "certificate") return { credential: { kind: "certificate", certificate: (full[keys.clientCertificate] ?? "") as Secret } };
  return {};
}

function versionOf(generation: Generation): SourceConfig["generation"] {
  return generation.version === "1.0" ? "1.0" : "2.0";
}

/** Generation 1.0 gives seconds, 2.0 a duration with its unit. */
function intervalMs(value: unknown): number {
  return typeof value === "string" ? (parseDurationMs(value) ?? Number.NaN) : 1000 * Number(value);
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}
