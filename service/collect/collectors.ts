/** Hosted collectors: the folders of sources. Kept beside the definitions; a deletion takes the sources along. */
import { validateCollector, type CollectorBody, type Problem } from "../../schema/index.js";
import type { Administration, CollectorRecord } from "../core/administration.js";
import type { Changes } from "../core/changes.js";
import type { Clock, Store } from "../ports.js";
import type { Definitions } from "./definitions.js";
import { inTurn } from "./in-turn.js";
import { REPEAT_MS } from "./repeat.js";

/** Why a change of a collector was refused. */
export type CollectorRefusal =
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] }
  | { readonly kind: "name-taken"; readonly name: string }
  | { readonly kind: "wrong-id"; readonly id: number }
  | { readonly kind: "not-found" }
  | { readonly kind: "stale" }
  | { readonly kind: "fixed"; readonly name: string };

export class CollectorRefused extends Error {
  readonly refusal: CollectorRefusal;
  constructor(refusal: CollectorRefusal) {
    super(refusal.kind);
    this.name = "CollectorRefused";
    this.refusal = refusal;
  }
}

export type CollectorChange =
  | { readonly kind: "create"; readonly body: CollectorBody }
  | { readonly kind: "replace"; readonly id: number; readonly body: CollectorBody }
  /** All of its sources must be removed, or moved elsewhere, by the same transaction. */
  | { readonly kind: "remove"; readonly id: number };

/** Changes of collectors as they shall be stored. */
export interface CollectorDraft {
  /** In the order of the changes. */
  readonly records: readonly CollectorRecord[];
  readonly set: Changes<CollectorRecord>;
}

/** What belongs to a change of several collectors, with nothing else changing them meanwhile. Names are the caller's affair. */
export interface CollectorsTogether {
  /** Changes nothing yet. Throws CollectorRefused, Fault store-*. */
  draft(changes: readonly CollectorChange[]): Promise<CollectorDraft>;
  /** The draft is stored: it counts from now on. */
  adopt(draft: CollectorDraft): void;
  /** Deletes what the draft removes when its sources are gone. Resolves when nothing is left. */
  finish(draft: CollectorDraft, sources: Promise<void>): Promise<void>;
}

export interface Collectors {
  /** Loads what is stored; finishes deletions that a crash interrupted. Definitions must have been started. Throws Fault store-*. */
  start(): Promise<void>;
  /** The default one first, then by id; those being deleted are left out. */
  list(): readonly CollectorRecord[];
  get(id: number): CollectorRecord | undefined;
  named(name: string): CollectorRecord | undefined;
  /** Throws CollectorRefused, Fault store-*. `origin`: digest of the request, see repeat.ts. `repeated`: an earlier one made it. */
  create(body: unknown, origin?: string): Promise<{ readonly collector: CollectorRecord; readonly repeated: boolean }>;
  /** Replaces it whole: what is absent is cleared. `expectedRevision` is what the caller saw. */
  replace(id: number, body: unknown, expectedRevision: number): Promise<CollectorRecord>;
  /**
   * Resolves when the deletion is durable, for its sources too; their workers stop behind it. `gone` resolves when nothing is left.
   * `permitted` is asked in turn, right before: it throws when the collector may not be deleted any more.
   */
  remove(id: number, permitted?: () => void): Promise<{ readonly gone: Promise<void>; readonly sourceIds: readonly number[] }>;
  /** Several changes of collectors and of sources: `work` stores them, all or nothing. It may wait for the definitions' turn. */
  together<T>(work: (hand: CollectorsTogether) => Promise<T>): Promise<T>;
}

export interface CollectorsPorts {
  readonly store: Pick<Store, "nextId"> & Pick<Administration, "collectors" | "insertCollector" | "replaceCollector" | "deleteCollector" | "madeFrom">;
  readonly clock: Clock;
  readonly definitions: Definitions;
  /** Id of the collector that is always there. */
  readonly defaultId: number;
}

/** Name of the collector that is always there and that nobody can change. */
export const DEFAULT_COLLECTOR_NAME = "default";

/** The collectors of this process. One change at a time. */
export function createCollectors({ store, clock, definitions, defaultId }: CollectorsPorts): Collectors {
  const known = new Map<number, CollectorRecord>();
  const removals = new Map<number, Promise<void>>();
  /** Nobody knows what became of a write. */
  let doubtful = false;
  const fixed: CollectorRecord = { id: defaultId, revision: 1, name: DEFAULT_COLLECTOR_NAME, description: "Always there: sources under /sources belong to it.", timeZone: "Etc/UTC", fields: {}, createdMs: 0, changedMs: 0, stopping: false };
  const alone = inTurn();
  const living = () => [fixed, ...[...known.values()].filter(({ stopping }) => !stopping)];

  function judge(body: unknown, self?: CollectorRecord): CollectorBody {
    const verdict = validateCollector(body);
    if (!verdict.ok) throw new CollectorRefused({ kind: "invalid", problems: verdict.problems });
    const { collector } = verdict;
    if (self && collector.id !== undefined && collector.id !== self.id) throw new CollectorRefused({ kind: "wrong-id", id: self.id });
    if (living().some(({ id, name }) => name === collector.name && id !== self?.id)) throw new CollectorRefused({ kind: "name-taken", name: collector.name });
    return collector;
  }

  /** A write that failed may have taken effect: the store's word counts. */
  async function adopt(): Promise<void> {
    for (const record of await store.collectors()) {
      known.set(record.id, record);
      if (record.stopping) definitions.removeAll(record.id).then(({ gone }) => finishRemoval(record.id, gone)).catch(() => undefined);
    }
    doubtful = false;
  }

  function changeable(id: number): CollectorRecord {
    if (id === defaultId) throw new CollectorRefused({ kind: "fixed", name: DEFAULT_COLLECTOR_NAME });
    const record = known.get(id);
    if (!record || record.stopping) throw new CollectorRefused({ kind: "not-found" });
    return record;
  }

  /** What an earlier request of the same digest made, while nobody has changed it. */
  async function madeBefore(origin: string | undefined): Promise<CollectorRecord | undefined> {
    if (origin === undefined) return undefined;
    const id = await store.madeFrom("collector", origin, clock.nowMs() - REPEAT_MS);
    const record = id === undefined ? undefined : known.get(id);
    return record && !record.stopping && record.revision === 1 ? record : undefined;
  }

  async function put(record: CollectorRecord, expectedRevision: number): Promise<CollectorRecord> {
    if (!(await store.replaceCollector(record, expectedRevision))) throw new CollectorRefused({ kind: "stale" });
    known.set(record.id, record);
    return record;
  }

  /** The name is free from now on: it is set to one that nobody can give. */
  function leaving(before: CollectorRecord): CollectorRecord {
    return { ...before, name: `\t${before.id}`, stopping: true, revision: before.revision + 1, changedMs: clock.nowMs() };
  }

  async function recordOf(change: CollectorChange): Promise<CollectorRecord> {
    if (change.kind === "remove") return leaving(changeable(change.id));
    const { id: _ignored, ...body } = change.body;
    const changedMs = clock.nowMs();
    if (change.kind === "create") return { ...body, id: await store.nextId(), revision: 1, createdMs: changedMs, changedMs, stopping: false };
    const { id, revision, createdMs } = changeable(change.id);
    return { ...body, id, revision: revision + 1, createdMs, changedMs, stopping: false };
  }

  const hand: CollectorsTogether = {
    async draft(changes) {
      const records: CollectorRecord[] = [];
      for (const change of changes) records.push(await recordOf(change));
      const replaced = records.filter(({ revision }) => revision > 1).map((record) => ({ record, expectedRevision: record.revision - 1 }));
      return { records, set: { inserted: records.filter(({ revision }) => revision === 1), replaced } };
    },
    adopt: ({ records }) => records.forEach((record) => known.set(record.id, record)),
    finish: ({ records }, sources) => Promise.all([sources, ...records.filter(({ stopping }) => stopping).map(({ id }) => finishRemoval(id, sources))]).then(() => undefined),
  };

  /** One attempt at a time; after a failure the next `remove` tries again. */
  function finishRemoval(id: number, sources: Promise<void>): Promise<void> {
    const under = removals.get(id);
    if (under) return under;
    const removal = sources.then(() => store.deleteCollector(id)).then(() => void known.delete(id)).finally(() => removals.delete(id));
    removals.set(id, removal);
    return removal;
  }

  return {
    async start() {
      for (const record of await store.collectors()) {
        known.set(record.id, record);
        if (!record.stopping) continue;
        const { gone } = await definitions.removeAll(record.id);
        await finishRemoval(record.id, gone);
      }
    },
    list: () => living().toSorted((a, b) => a.id - b.id),
    get: (id) => living().find((record) => record.id === id),
    named: (name) => living().find((record) => record.name === name),
    create: (body, origin) =>
      alone(async () => {
        const before = await madeBefore(origin);
        if (before) return { collector: before, repeated: true };
        const { id: _ignored, ...collector } = judge(body);
        const nowMs = clock.nowMs();
        const record: CollectorRecord = { ...collector, id: await store.nextId(), revision: 1, createdMs: nowMs, changedMs: nowMs, stopping: false };
        await store.insertCollector(record, origin);
        known.set(record.id, record);
        return { collector: record, repeated: false };
      }),
    replace: (id, body, expectedRevision) =>
      alone(async () => {
        const before = changeable(id);
        if (before.revision !== expectedRevision) throw new CollectorRefused({ kind: "stale" });
        const { createdMs, revision } = before;
        return put({ ...judge(body, before), id, revision: revision + 1, createdMs, changedMs: clock.nowMs(), stopping: false }, revision);
      }),
    together: (work) =>
      alone(async () => {
        if (doubtful) await adopt();
        return await work(hand).catch(async (thrown: unknown) => {
          doubtful = true;
          await adopt().catch(() => undefined);
          throw thrown;
        });
      }),
    remove: (id, permitted) =>
      alone(async () => {
        const before = known.get(id)?.stopping ? known.get(id)! : changeable(id);
        permitted?.();
        if (!before.stopping) await put(leaving(before), before.revision);
        const { gone, ids } = await definitions.removeAll(id);
        return { gone: finishRemoval(id, gone), sourceIds: ids };
      }),
  };
}
