/** A source as the Collector Management API shows it (sumo-contract 2.2, transcript 1.3), with our additions beside. */
import { separateSecrets } from "../../schema/index.js";
import { viewHealth } from "../core/health.js";
import type { KnownSource } from "../collect/wiring.js";
import type { SourceState } from "../collect/supervisor.js";
import { stateForm, type StateForm } from "./state-form.js";

/** Keys up to `alive` are the vendor's; Terraform's decoder reads `id`, `sourceType`, `config` and `schemaRef.type` and passes over the rest. */
export interface SourceForm {
  readonly id: number;
  readonly name: string;
  readonly schemaRef: { readonly type: string; readonly version?: string };
  readonly config: Readonly<Record<string, unknown>>;
  readonly state: StateForm;
  readonly sourceType: "Universal";
  readonly alive: boolean;
  readonly paused: boolean;
  readonly revision: number;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly changed: string;
  /** Of this very change; a GET has none. */
  readonly warnings?: readonly string[];
}

/** The wire form of a source. `config` is as the user gave it, secrets masked. */
export function sourceForm(source: KnownSource, state: SourceState, nowMs: number, warnings: readonly string[] = []): SourceForm {
  const { record, config } = source;
  return {
    id: record.id,
    name: config.name,
    schemaRef: record.schemaRef,
    // Stored without secrets already; masked once more so that no mistake elsewhere can show one.
    config: separateSecrets(record.schemaRef.type, record.config).config,
    state: stateForm(viewHealth(state.health, nowMs)),
    sourceType: "Universal",
    alive: !record.stopping,
    paused: state.paused,
    revision: record.revision,
    created: iso(record.createdMs),
    changed: iso(record.changedMs),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

/** A source as files hold it (sumo-contract 2.1, download=true): without id and state, to be posted elsewhere. */
export function fileForm({ record }: KnownSource) {
  return { schemaRef: record.schemaRef, config: separateSecrets(record.schemaRef.type, record.config).config, sourceType: "Universal" };
}

/** ISO 8601 in UTC; what no Date can hold is shown as its nearest bound. */
export function iso(ms: number): string {
  return new Date(Math.min(Math.max(ms, -DATE_MS_MAX), DATE_MS_MAX)).toISOString();
}
/** Bounds of Date: ECMA-262, 21.4.1.1. */
const DATE_MS_MAX = 8.64e15;
