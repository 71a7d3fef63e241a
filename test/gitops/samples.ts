/** Files of configuration repositories for tests. */
import type { ConfigFile } from "../../service/core/config-origin.js";

export const NOW_MS = Date.parse("2026-11-22T13:00:00Z");

export const CONFIG = {
  name: "contoso",
  clientID: "11111111-2222-3333-4444-555555555555",
  tenantID: "66666666-7777-8888-9999-aaaaaaaaaaaa",
  clientSecret: { secretRef: "env:CONTOSO_SECRET" },
} as const;

export function source(config: Readonly<Record<string, unknown>> = {}): unknown {
  return { schemaRef: { type: "MS Exchange Trace Logs" }, sourceType: "Universal", config: { ...CONFIG, ...config } };
}

/** The same, of a collector. */
export function sourceIn(collector: string, config: Readonly<Record<string, unknown>> = {}): unknown {
  return { ...(source(config) as object), collector };
}

/** A JSON file. */
export function file(path: string, value: unknown): ConfigFile {
  return { path, text: `${JSON.stringify(value, null, 2)}\n` };
}
