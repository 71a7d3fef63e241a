/** Definitions of sources: validated, stored with secrets sealed, and kept in step with their workers. */
import { joinSecrets, MASK, separateSecrets, validateDefinition, type Problem } from "../../schema/index.js";
import type { Administration } from "../core/administration.js";
import { backoffMs } from "../core/backoff.js";
import { asFault } from "../core/fault.js";
import type { Clock, Observe, Random, SourceConfig, SourceRecord, SourceType, Store } from "../ports.js";
import { inTurn } from "./in-turn.js";
import { REPEAT_MS } from "./repeat.js";
import type { Supervisor } from "./supervisor.js";
import { changeTogether, type Together } from "./together.js";
import type { KnownSource } from "./wiring.js";

/** Why a change of a definition was refused. */
export type Refusal =
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] }
  | { readonly kind: "name-taken"; readonly name: string }
  | { readonly kind: "not-found" }
  | { readonly kind: "stale" }
  | { readonly kind: "not-modifiable"; readonly problems: readonly Problem[] };

export class DefinitionRefused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.kind);
    this.name = "DefinitionRefused";
    this.refusal = refusal;
  }
}

export interface Changed {
  readonly source: KnownSource;
  readonly warnings: readonly string[];
  /** An earlier request with the same bytes made it: see repeat.ts. */
  readonly repeated?: boolean;
}

export interface CreateOptions {
  /** Digest of the request, see repeat.ts. */
  readonly origin?: string;
  /** Asked in turn, right before the source is made: throws when there is no such collector any more. */
  readonly permitted?: () => void;
}

export interface Definitions {
  /** Loads what is stored and starts the workers; finishes deletions that a crash interrupted. */
  start(): Promise<void>;
  list(): readonly KnownSource[];
  get(id: number): KnownSource | undefined;
  /** Throws DefinitionRefused, Fault store-*, and what `permitted` throws. */
  create(collectorId: number, body: unknown, options?: CreateOptions): Promise<Changed>;
  /** Replaces the definition whole; `expectedRevision` is what the caller saw. */
  replace(id: number, body: unknown, expectedRevision: number): Promise<Changed>;
  pause(id: number, paused: boolean): Promise<KnownSource>;
  /** Stops and starts the worker: authentication and health begin anew. */
  restart(id: number): Promise<KnownSource>;
  /**
   * Resolves when the deletion is durable; its name is free, and the worker stops behind it. `gone` resolves when nothing is left:
   * a store that fails is asked until it does. Rejects when the collector stops before; the next start finishes it.
   */
  remove(id: number): Promise<{ gone: Promise<void> }>;
  /** The same for every source of a collector, those that are stopping already included. */
  removeAll(collectorId: number): Promise<{ gone: Promise<void>; ids: readonly number[] }>;
  /**
   * Several changes, all or nothing. `decide` sees the sources as they are, and nothing else changes until all is done.
   * Throws DefinitionRefused, Fault store-*.
   */
  together(decide: (now: readonly KnownSource[]) => Promise<Together>): Promise<{ gone: Promise<void> }>;
  /** Nothing is tried again behind an answer from now on. */
  stop(): void;
}

export interface DefinitionsPorts {
  readonly store: Pick<Store, "nextId" | "sources" | "replaceSource" | "deleteSource"> & Partial<Pick<Administration, "madeFrom">> & {
    insertSource(record: SourceRecord, origin?: string): Promise<void>;
  };
  readonly clock: Clock;
  readonly random: Random;
  readonly supervisor: Supervisor;
  readonly sourceTypeOf: (type: string) => SourceType | undefined;
  /** By name; only the names matter here, as they are now. */
  readonly destinations: ReadonlyMap<string, unknown> | ReadonlySet<string>;
  readonly observe: Observe;
  readonly graceMs: number;
}

/** The definitions of this process. One change of a source at a time. */
export function createDefinitions(ports: DefinitionsPorts): Definitions {
  const known = new Map<number, KnownSource>();
  const { store, clock, supervisor } = ports;
  const removals = new Map<number, Promise<void>>();
  const stopping = new AbortController();
  /** Nobody knows what became of a write. */
  let doubtful = false;
  /** Changes happen one after the other: names stay unique, revisions exact. */
  const alone = inTurn();

  function found(id: number): KnownSource {
    const source = known.get(id);
    if (!source || source.record.stopping) throw new DefinitionRefused({ kind: "not-found" });
    return source;
  }

  function understand(record: SourceRecord): KnownSource | undefined {
    const body = { schemaRef: record.schemaRef, sourceType: "Universal", config: joinSecrets(record.config, record.secrets) };
    const result = validateDefinition(body, record.changedMs, { existing: true });
    const sourceType = ports.sourceTypeOf(record.schemaRef.type);
    return result.ok && sourceType ? { record, config: result.normal, sourceType } : undefined;
  }

  /** Validates a body; answers the config to store, its meaning, and the warnings. */
  function judge(body: unknown, before?: KnownSource, destinations: DefinitionsPorts["destinations"] = ports.destinations) {
    const whole = before ? withStoredSecrets(body, before.record) : body;
    const result = validateDefinition(whole, clock.nowMs(), { existing: before !== undefined });
    if (!result.ok) throw new DefinitionRefused({ kind: "invalid", problems: result.problems });
    const { schemaRef } = result.definition;
    const sourceType = ports.sourceTypeOf(schemaRef.type)!;
    if (before && schemaRef.type !== before.record.schemaRef.type) {
      const message = `schemaRef.type cannot be changed from "${before.record.schemaRef.type}": delete the source and create another one`;
      throw new DefinitionRefused({ kind: "not-modifiable", problems: [{ pointer: "/schemaRef/type", message }] });
    }
    const missing = result.normal.destinations.filter((name) => !destinations.has(name));
    const problems = missing.map((name) => ({ pointer: "/config/destinations", message: `/config/destinations names "${name}", which the collector does not have; it has ${[...destinations.keys()].join(", ") || "none"}` }));
    if (problems.length > 0) throw new DefinitionRefused({ kind: "invalid", problems });
    return { ...result, sourceType };
  }

  function named(config: SourceConfig, given: Readonly<Record<string, unknown>>, collectorId: number, selfId?: number): string {
    const others = new Set([...known.values()].filter(({ record }) => record.collectorId === collectorId && record.id !== selfId && !record.stopping).map((source) => source.config.name));
    if (!others.has(config.name)) return config.name;
    if (typeof given["name"] === "string") throw new DefinitionRefused({ kind: "name-taken", name: config.name });
    for (let number = 2; ; number++) if (!others.has(`${config.name} ${number}`)) return `${config.name} ${number}`;
  }

  async function put(record: SourceRecord, expectedRevision?: number, origin?: string): Promise<KnownSource> {
    const source = understand(record);
    if (!source) throw new DefinitionRefused({ kind: "invalid", problems: [{ pointer: "", message: "the definition cannot be understood" }] });
    try {
      if (expectedRevision === undefined) await store.insertSource(record, origin);
      else if (!(await store.replaceSource(record, expectedRevision))) throw new DefinitionRefused({ kind: "stale" });
    } catch (thrown) {
      doubtful = true;
      await adopt().catch(() => undefined);
      // Refused as stale it was certainly not written, however alike the other one's write looks.
      if (thrown instanceof DefinitionRefused || !isSame(known.get(record.id)?.record, record)) throw thrown;
    }
    known.set(record.id, source);
    return source;
  }

  /** A write that failed may have taken effect, or somebody else changed what is stored: the store's word counts. */
  async function adopt(): Promise<void> {
    for (const record of await store.sources()) {
      const source = isSame(known.get(record.id)?.record, record) ? undefined : understand(record);
      if (!source) continue;
      known.set(record.id, source);
      await rerun(source);
      if (record.stopping) finishRemoval(record.id).catch(() => undefined);
    }
    doubtful = false;
  }

  async function rerun(source: KnownSource): Promise<KnownSource> {
    await supervisor.stop(source.record.id, ports.graceMs);
    supervisor.start(source);
    return source;
  }

  /** What an earlier request of the same digest made, while nobody has changed it. */
  async function madeBefore(collectorId: number, origin: string | undefined): Promise<KnownSource | undefined> {
    if (origin === undefined) return undefined;
    const id = await store.madeFrom?.("source", origin, clock.nowMs() - REPEAT_MS);
    const source = id === undefined ? undefined : known.get(id);
    return source && source.record.collectorId === collectorId && !source.record.stopping && source.record.revision === 1 ? source : undefined;
  }

  /** Once at a time for each source. */
  function finishRemoval(id: number): Promise<void> {
    const under = removals.get(id);
    if (under) return under;
    const end = async () => {
      await supervisor.stop(id, ports.graceMs);
      for (let tries = 1; !(await isDeleted(id, tries)); tries++);
      known.delete(id);
      ports.observe({ kind: "deleted", sourceId: id });
    };
    const removal = end().finally(() => removals.delete(id));
    removals.set(id, removal);
    return removal;
  }

  /** Tries once; waits where the store fails. Throws the reason when the collector stops. */
  async function isDeleted(id: number, tries: number): Promise<boolean> {
    stopping.signal.throwIfAborted();
    try {
      await store.deleteSource(id);
      return true;
    } catch (thrown) {
      const fault = asFault(thrown);
      const waitMs = backoffMs(fault, tries, ports.random);
      ports.observe({ kind: "fault", sourceId: id, code: fault.code, message: fault.message, nextTryMs: clock.nowMs() + waitMs });
      await clock.sleep(waitMs, stopping.signal);
      return false;
    }
  }

  async function beginRemoval(record: SourceRecord): Promise<void> {
    if (!record.stopping) await put({ ...record, stopping: true, revision: record.revision + 1 }, record.revision);
  }

  return {
    async start() {
      for (const record of await store.sources()) {
        if (record.stopping) await store.deleteSource(record.id);
        const source = record.stopping ? undefined : understand(record);
        if (!record.stopping && !source) ports.observe({ kind: "fault", sourceId: record.id, code: "definition-invalid", message: `the stored definition ${record.id} cannot be understood by this version; it is kept, but not run` });
        if (!source) continue;
        known.set(record.id, source);
        supervisor.start(source);
      }
    },
    list: () => [...known.values()],
    get: (id) => known.get(id),
    create: (collectorId, body, { origin, permitted } = {}) =>
      alone(async () => {
        permitted?.();
        // A source that is stored but not known would be made twice.
        if (doubtful) await adopt();
        const before = await madeBefore(collectorId, origin);
        // Its warnings are of the body, which is the same.
        if (before) return { source: before, warnings: judge(body).warnings, repeated: true };
        const nowMs = clock.nowMs();
        const { definition, normal, warnings } = judge(body);
        const name = named(normal, definition.config, collectorId);
        const { config, secrets } = separateSecrets(definition.schemaRef.type, { name, ...definition.config });
        const id = await store.nextId();
        const record: SourceRecord = { id, collectorId, revision: 1, schemaRef: definition.schemaRef, config, secrets, createdMs: nowMs, changedMs: nowMs, paused: false, stopping: false };
        const source = await put(record, undefined, origin);
        supervisor.start(source);
        return { source, warnings };
      }),
    replace: (id, body, expectedRevision) =>
      alone(async () => {
        const before = found(id);
        if (before.record.revision !== expectedRevision) throw new DefinitionRefused({ kind: "stale" });
        const { definition, normal, warnings } = judge(body, before);
        const name = named(normal, definition.config, before.record.collectorId, id);
        const { config, secrets } = separateSecrets(definition.schemaRef.type, { name, ...definition.config });
        const record = { ...before.record, schemaRef: definition.schemaRef, config, secrets, revision: expectedRevision + 1, changedMs: clock.nowMs() };
        return { source: await rerun(await put(record, expectedRevision)), warnings };
      }),
    pause: (id, paused) =>
      alone(async () => {
        const { record } = found(id);
        const config = !paused && record.config["paused"] === true ? { ...record.config, paused: false } : record.config;
        if (record.paused === paused && config === record.config) return found(id);
        return rerun(await put({ ...record, config, paused, revision: record.revision + 1, changedMs: clock.nowMs() }, record.revision));
      }),
    restart: (id) => alone(() => rerun(found(id))),
    together: (decide) =>
      alone(async () => {
        if (doubtful) await adopt();
        const work = changeTogether(await decide([...known.values()]), {
          clock, found, judge, understand, rerun, finishRemoval,
          nextId: () => store.nextId(),
          know: (source) => void known.set(source.record.id, source),
        });
        const done = await work.catch(async (thrown: unknown) => {
          doubtful = true;
          await adopt().catch(() => undefined);
          throw thrown;
        });
        if (!done) throw new DefinitionRefused({ kind: "stale" });
        return done;
      }),
    remove: (id) =>
      alone(async () => {
        const stopping = known.get(id)?.record.stopping ? known.get(id) : undefined;
        await beginRemoval((stopping ?? found(id)).record);
        return { gone: finishRemoval(id) };
      }),
    removeAll: (collectorId) =>
      alone(async () => {
        const all = [...known.values()].filter(({ record }) => record.collectorId === collectorId);
        for (const { record } of all) await beginRemoval(record);
        const ids = all.map(({ record }) => record.id);
        return { gone: allGone(ids.map(finishRemoval)), ids };
      }),
    stop: () => stopping.abort(new Error("the collector is stopping")),
  };
}

/** Every write counts the revision on and tells its time. */
function isSame(a: SourceRecord | undefined, b: SourceRecord): boolean {
  return a?.revision === b.revision && a.changedMs === b.changedMs && a.paused === b.paused && a.stopping === b.stopping;
}

/** Waits for every removal, also for those behind one that failed. Throws what the first that failed threw. */
async function allGone(removals: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(removals)).find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

/** A body whose masked secrets are replaced by the stored ones: what a client sends back unchanged stays unchanged. */
function withStoredSecrets(body: unknown, record: SourceRecord): unknown {
  if (typeof body !== "object" || body === null) return body;
  if ("source" in body) return { ...body, source: withStoredSecrets(body.source, record) };
  if (!("config" in body) || typeof body.config !== "object" || body.config === null || !JSON.stringify(body.config).includes(MASK)) return body;
  return { ...body, config: joinSecrets(body.config as Record<string, unknown>, record.secrets) };
}
