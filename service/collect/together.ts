/** Several changes of definitions that belong together: all are judged, then all are stored at once, then the workers follow. */
import { separateSecrets, type Definition } from "../../schema/index.js";
import { Fault } from "../core/fault.js";
import type { Changes } from "../core/changes.js";
import type { Clock, SourceConfig, SourceRecord } from "../ports.js";
import type { KnownSource } from "./wiring.js";

export type SourceChange =
  | { readonly kind: "create"; readonly collectorId: number; readonly body: unknown; readonly paused: boolean }
  /** `collectorId`: it moves there, with all that is known of it. */
  | { readonly kind: "replace"; readonly id: number; readonly body: unknown; readonly paused: boolean; readonly collectorId?: number }
  | { readonly kind: "pause"; readonly id: number; readonly paused: boolean }
  | { readonly kind: "remove"; readonly id: number };

export interface Together {
  /** At most one of each source. Names are the caller's affair: they must stay unique in each collector. */
  readonly changes: readonly SourceChange[];
  /** Names of the destinations that will be there. */
  readonly destinations: ReadonlySet<string>;
  /** Makes it durable, all or nothing; `ids` are those of the changes, in their order. False when a revision was not the expected one. */
  commit(set: Changes<SourceRecord>, ids: readonly number[]): Promise<boolean>;
}

/** What the definitions lend. */
export interface TogetherPorts {
  readonly clock: Clock;
  nextId(): Promise<number>;
  found(id: number): KnownSource;
  judge(body: unknown, before: KnownSource | undefined, destinations: ReadonlySet<string>): { readonly definition: Definition; readonly normal: SourceConfig };
  understand(record: SourceRecord): KnownSource | undefined;
  /** Takes the stored source up in place of what was known. */
  know(source: KnownSource): void;
  rerun(source: KnownSource): Promise<KnownSource>;
  finishRemoval(id: number): Promise<void>;
}

/** Carries the changes out; answers the sources as they are now, and `gone` for what ends behind. False when a revision was stale. */
export async function changeTogether({ changes, destinations, commit }: Together, ports: TogetherPorts): Promise<{ readonly gone: Promise<void> } | undefined> {
  const made: { change: SourceChange; source: KnownSource; before: KnownSource | undefined }[] = [];
  for (const change of changes) {
    const before = change.kind === "create" ? undefined : ports.found(change.id);
    const record = await recordOf(change, before, destinations, ports);
    const source = ports.understand(record);
    if (!source) throw new Fault("definition-invalid", { detail: `source ${record.id}` });
    made.push({ change, source, before });
  }
  const inserted = made.filter(({ before }) => !before).map(({ source }) => source.record);
  const replaced = made.flatMap(({ source, before }) => (before ? [{ record: source.record, expectedRevision: before.record.revision }] : []));
  if (!(await commit({ inserted, replaced }, made.map(({ source }) => source.record.id)))) return undefined;
  for (const { source } of made) ports.know(source);
  const removed = made.filter(({ change }) => change.kind === "remove");
  const others = made.filter(({ change }) => change.kind !== "remove");
  await Promise.all(others.map(({ source }) => ports.rerun(source)));
  return { gone: Promise.all(removed.map(({ source }) => ports.finishRemoval(source.record.id))).then(() => undefined) };
}

async function recordOf(change: SourceChange, before: KnownSource | undefined, destinations: ReadonlySet<string>, ports: TogetherPorts): Promise<SourceRecord> {
  const nowMs = ports.clock.nowMs();
  if (change.kind === "create" || change.kind === "replace") {
    const { definition, normal } = ports.judge(change.body, before, destinations);
    const { schemaRef } = definition;
    const stored = { schemaRef, ...separateSecrets(schemaRef.type, { name: normal.name, ...definition.config }), changedMs: nowMs, paused: change.paused };
    if (before) return { ...before.record, ...stored, collectorId: change.collectorId ?? before.record.collectorId, revision: before.record.revision + 1 };
    return { ...stored, id: await ports.nextId(), collectorId: change.collectorId ?? 0, revision: 1, createdMs: nowMs, stopping: false };
  }
  const { record } = before!;
  const next = { ...record, revision: record.revision + 1 };
  return change.kind === "remove" ? { ...next, stopping: true } : { ...next, paused: change.paused, changedMs: nowMs };
}
