/** Definitions that the tests of schema/ start from. */

export const NOW_MS = Date.parse("2026-11-22T12:00:00Z");
export const CLIENT_ID = "3f2b8c1e-5d4a-4e0b-9c7d-1a2b3c4d5e6f";
export const TENANT_ID = "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d";

export type Json = Record<string, unknown>;

/** A valid config of generation 1.0, with changes; undefined takes a key away. */
export function config10(changes: Json = {}): Json {
  return changed({ app_client_id: CLIENT_ID, directory_tenant_id: TENANT_ID, client_secret: "abc~DEF.123" }, changes);
}

/** A valid config of generation 2.0, with changes; undefined takes a key away. */
export function config20(changes: Json = {}): Json {
  return changed({ clientID: CLIENT_ID, tenantID: TENANT_ID, clientSecret: "abc~DEF.123" }, changes);
}

/** A bare definition around a config. */
export function bare(config: unknown, changes: Json = {}): Json {
  return changed({ schemaRef: { type: "MS Exchange Trace Logs" }, sourceType: "Universal", config }, changes);
}

function changed(base: Json, changes: Json): Json {
  return Object.fromEntries(Object.entries({ ...base, ...changes }).filter(([, value]) => value !== undefined));
}
