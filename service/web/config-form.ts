/** Configuration from files as the API shows it. */
import { joinSecrets, separateSecrets } from "../../schema/index.js";
import type { Collectors } from "../collect/collectors.js";
import type { KnownSource } from "../collect/wiring.js";
import type { CollectorRecord } from "../core/administration.js";
import type { Configuration, Planned } from "../gitops/configuration.js";
import type { Mark } from "../gitops/kept.js";
import type { Pull } from "../gitops/pull.js";
import { iso } from "./source-form.js";

/** What the web knows of configuration from files. */
export interface ConfigSide {
  readonly configuration: Configuration;
  /** Absent while the collector fetches nothing itself. */
  readonly pull?: Pull;
  /** Opens POST /config/sync to a webhook. */
  readonly webhookSecret?: string;
}

/** What runs, as the forms below show it. */
export interface Shown {
  readonly collectors: Pick<Collectors, "list" | "get">;
  readonly sources: readonly KnownSource[];
  /** The collector that is always there. */
  readonly defaultId: number;
}

/** State of the whole: GET /config. */
export function configForm({ configuration, pull }: ConfigSide, { collectors, sources, defaultId }: Shown) {
  const kept = configuration.kept();
  const state = pull?.state();
  const graceMs = pull?.settings.graceMs;
  const marked = sources.flatMap(({ record, config }) => (kept.sources[record.id] ? [{ id: record.id, name: config.name, ...collectorNameOf(record.collectorId, collectors, defaultId), ...markForm(kept.sources[record.id]!, graceMs) }] : []));
  const strangers = (collectorId: number) => sources.filter(({ record }) => record.collectorId === collectorId && !record.stopping && !kept.sources[record.id]).map(({ config }) => config.name);
  const folders = collectors.list().flatMap(({ id, name }) => (kept.collectors[id] ? [{ id, name, ...collectorMarkForm(kept.collectors[id]!, graceMs, strangers(id)) }] : []));
  return {
    mode: pull ? "pull" : "api",
    ...(pull ? { from: pull.origin.name, intervalSeconds: pull.settings.intervalMs / 1000, prune: pull.settings.prune, graceHours: pull.settings.graceMs / 3_600_000, ...(pull.settings.environment === undefined ? {} : { environment: pull.settings.environment }) } : {}),
    ...(kept.revision === undefined ? {} : { revision: kept.revision }),
    ...(kept.appliedMs === undefined ? {} : { applied: iso(kept.appliedMs) }),
    ...(state?.checkedMs === undefined ? {} : { checked: iso(state.checkedMs) }),
    ...(state?.error ? { error: { at: iso(state.error.atMs), ...(state.error.revision === undefined ? {} : { revision: state.error.revision }), message: state.error.message, problems: state.error.problems } } : {}),
    collectors: folders,
    sources: marked,
    destinations: Object.entries(kept.destinations).map(([name, mark]) => ({ name, type: mark.entry["type"], ...markForm(mark, graceMs) })),
  };
}

function markForm({ by, file, revision, removedMs }: Mark, graceMs: number | undefined) {
  const gone = removedMs === undefined ? {} : { removed: iso(removedMs), ...(graceMs === undefined ? {} : { deleted: iso(removedMs + graceMs) }) };
  return { by, file, revision, ...gone };
}

/** A collector whose file is gone stays for as long as it holds sources that are not from files. */
function collectorMarkForm(mark: Mark, graceMs: number | undefined, strangers: readonly string[]) {
  return mark.removedMs === undefined || strangers.length === 0 ? markForm(mark, graceMs) : { ...markForm(mark, undefined), heldBy: strangers };
}

/** A plan on the wire. */
export function planForm({ steps, unchanged, moved, notes, warnings }: Planned) {
  const forms = steps.map((step) => {
    if (step.kind !== "pause") return step;
    const { deleteAtMs, ...rest } = step;
    return { ...rest, ...(deleteAtMs === undefined ? {} : { deleteAt: iso(deleteAtMs) }) };
  });
  return { steps: forms, unchanged, moved, notes, warnings };
}

/** What runs now, as the values of files: secrets that are not references are masked. */
export function exportForm({ configuration }: Pick<ConfigSide, "configuration">, { collectors, sources, defaultId }: Shown) {
  const kept = configuration.kept();
  return {
    collectors: collectors.list().filter(({ id }) => id !== defaultId).map((record) => ({ name: record.name, ...fileOf(kept.collectors[record.id]), collector: collectorFile(record) })),
    sources: sources.filter(({ record }) => !record.stopping && collectors.get(record.collectorId)).map(({ record, config }) => {
      const { config: masked } = separateSecrets(record.schemaRef.type, joinSecrets(record.config, record.secrets));
      const collector = collectorNameOf(record.collectorId, collectors, defaultId);
      const definition = { schemaRef: record.schemaRef, sourceType: "Universal", ...collector, config: record.paused ? { ...masked, paused: true } : masked };
      return { name: config.name, ...collector, ...fileOf(kept.sources[record.id]), definition };
    }),
    destinations: Object.entries(kept.destinations).map(([name, { file, entry }]) => ({ name, file, destination: entry })),
  };
}

/** Nothing for the collector that is always there: files do not name it either. */
function collectorNameOf(id: number, collectors: Shown["collectors"], defaultId: number): { readonly collector?: string } {
  const name = id === defaultId ? undefined : collectors.get(id)?.name;
  return name === undefined ? {} : { collector: name };
}

function collectorFile({ name, description, category, timeZone, fields }: CollectorRecord) {
  return { name, description, category, timeZone, ...(Object.keys(fields).length > 0 ? { fields } : {}) };
}

function fileOf(mark: Mark | undefined): { readonly file?: string } {
  return mark ? { file: mark.file } : {};
}
