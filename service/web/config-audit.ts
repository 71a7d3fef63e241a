/** An application of files in the audit log: one entry for each object that changed, with its sides. */
import type { Collectors } from "../collect/collectors.js";
import type { Definitions } from "../collect/definitions.js";
import type { Configuration, Planned } from "../gitops/configuration.js";
import { auditedCollector, auditedSource, type Change } from "./audit.js";

/** What files may change, at one moment: by kind, then by id, or by name where there is none. */
export type ConfigSight = Readonly<Record<Planned["steps"][number]["object"], ReadonlyMap<string, object>>>;

export interface ConfigSeen {
  readonly configuration: Pick<Configuration, "kept">;
  readonly collectors: Pick<Collectors, "list">;
  readonly definitions: Pick<Definitions, "list">;
}

/** Secrets are masked in sources, and references in destinations. */
export function configSight({ configuration, collectors, definitions }: ConfigSeen): ConfigSight {
  return {
    source: new Map(definitions.list().filter(({ record }) => !record.stopping).map((source) => [String(source.record.id), auditedSource(source)])),
    collector: new Map(collectors.list().map((collector) => [String(collector.id), auditedCollector(collector)])),
    destination: new Map(Object.entries(configuration.kept().destinations).map(([name, { entry }]) => [name, entry])),
  };
}

export function configChanges({ steps }: Pick<Planned, "steps">, revision: string, before: ConfigSight, after: ConfigSight): readonly Change[] {
  return steps.map(({ kind, object, name, file, id: number }) => {
    const id = String(number ?? name);
    const from = before[object].get(id);
    const origin = { file, revision };
    return { action: `${object}.${DONE[kind]}`, target: { kind: object, id, name }, ...(from === undefined ? {} : { from }), to: { ...after[object].get(id), origin } };
  });
}
const DONE = { create: "created", update: "replaced", pause: "paused", delete: "deleted" } as const;
