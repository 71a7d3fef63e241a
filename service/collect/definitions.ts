/** Definitions of sources: validated, stored with secrets sealed, and kept in step with their workers. */
import { joinSecrets, MASK, separateSecrets, validateDefinition, type Problem } from "../../schema/index.js";
import type { Clock, Observe, SourceConfig, SourceRecord, SourceType, Store } from "../ports.js";
import type { Supervisor } from "./supervisor.js";
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
}

export interface Definitions {
  /** Loads what is stored and starts the workers; finishes deletions that a crash interrupted. */
  start(): Promise<void>;
  list(): readonly KnownSource[];
  get(id: number): KnownSource | undefined;
  /** Throws DefinitionRefused, Fault store-*. */
  create(collectorId: number, body: unknown): Promise<Changed>;
  /** Replaces the definition whole; `expectedRevision` is what the caller saw. */
  replace(id: number, body: unknown, expectedRevision: number): Promise<Changed>;
  pause(id: number, paused: boolean): Promise<KnownSource>;
  /** Stops and starts the worker: authentication and health begin anew. */
  restart(id: number): Promise<KnownSource>;
  /** Resolves when the deletion is durable; the worker stops behind it. `gone` resolves when nothing is left. */
  remove(id: number): Promise<{ gone: Promise<void> }>;
}

export interface DefinitionsPorts {
  readonly store: Pick<Store, "nextId" | "sources" | "insertSource" | "replaceSource" | "deleteSource">;
  readonly clock: Clock;
  readonly supervisor: Supervisor;
  readonly sourceTypeOf: (type: string) => SourceType | undefined;
  readonly destinations: ReadonlySet<string>;
  readonly observe: Observe;
  readonly graceMs: number;
}

/** The definitions of this process. One change of a source at a time. */
export function createDefinitions(ports: DefinitionsPorts): Definitions {
  const known = new Map<number, KnownSource>();
  const { store, clock, supervisor } = ports;
  let queue: Promise<unknown> = Promise.resolve();

  /** Changes happen one after the other: names stay unique, revisions exact. */
  function alone<T>(change: () => Promise<T>): Promise<T> {
    const turn = queue.then(change, change);
    queue = turn.catch(() => undefined);
    return turn;
  }

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
  function judge(body: unknown, before?: KnownSource) {
    const whole = before ? withStoredSecrets(body, before.record) : body;
    const result = validateDefinition(whole, clock.nowMs(), { existing: before !== undefined });
    if (!result.ok) throw new DefinitionRefused({ kind: "invalid", problems: result.problems });
    const { schemaRef } = result.definition;
    const sourceType = ports.sourceTypeOf(schemaRef.type)!;
    if (before && schemaRef.type !== before.record.schemaRef.type) {
      const message = `schemaRef.type cannot be changed from "${before.record.schemaRef.type}": delete the source and create another one`;
      throw new DefinitionRefused({ kind: "not-modifiable", problems: [{ pointer: "/schemaRef/type", message }] });
    }
    const missing = result.normal.destinations.filter((name) => !ports.destinations.has(name));
    const problems = missing.map((name) => ({ pointer: "/config/destinations", message: `/config/destinations names "${name}", which the collector does not have; it has ${[...ports.destinations].join(", ") || "none"}` }));
    if (problems.length > 0) throw new DefinitionRefused({ kind: "invalid", problems });
    return { ...result, sourceType };
  }

  function named(config: SourceConfig, given: Readonly<Record<string, unknown>>, collectorId: number, selfId?: number): string {
    const others = new Set([...known.values()].filter(({ record }) => record.collectorId === collectorId && record.id !== selfId).map((source) => source.config.name));
    if (!others.has(config.name)) return config.name;
    if (typeof given["name"] === "string") throw new DefinitionRefused({ kind: "name-taken", name: config.name });
    for (let number = 2; ; number++) if (!others.has(`${config.name} ${number}`)) return `${config.name} ${number}`;
  }

  async function put(record: SourceRecord, expectedRevision?: number): Promise<KnownSource> {
    const source = understand(record);
    if (!source) throw new DefinitionRefused({ kind: "invalid", problems: [{ pointer: "", message: "the definition cannot be understood" }] });
    if (expectedRevision === undefined) await store.insertSource(record);
    else if (!(await store.replaceSource(record, expectedRevision))) throw new DefinitionRefused({ kind: "stale" });
    known.set(record.id, source);
    return source;
  }

  async function rerun(source: KnownSource): Promise<KnownSource> {
    await supervisor.stop(source.record.id, ports.graceMs);
    supervisor.start(source);
    return source;
  }

  async function finishRemoval(id: number): Promise<void> {
    await supervisor.stop(id, ports.graceMs);
    await store.deleteSource(id);
    known.delete(id);
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
    create: (collectorId, body) =>
      alone(async () => {
        const nowMs = clock.nowMs();
        const { definition, normal, warnings } = judge(body);
        const name = named(normal, definition.config, collectorId);
        const { config, secrets } = separateSecrets(definition.schemaRef.type, { name, ...definition.config });
        const id = await store.nextId();
        const record: SourceRecord = { id, collectorId, revision: 1, schemaRef: definition.schemaRef, config, secrets, createdMs: nowMs, changedMs: nowMs, paused: false, stopping: false };
        const source = await put(record);
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
    remove: (id) =>
      alone(async () => {
        const { record } = found(id);
        await put({ ...record, stopping: true, revision: record.revision + 1 }, record.revision);
        return { gone: finishRemoval(id) };
      }),
  };
}

/** A body whose masked secrets are replaced by the stored ones: what a client sends back unchanged stays unchanged. */
function withStoredSecrets(body: unknown, record: SourceRecord): unknown {
  if (typeof body !== "object" || body === null) return body;
  if ("source" in body) return { ...body, source: withStoredSecrets(body.source, record) };
  if (!("config" in body) || typeof body.config !== "object" || body.config === null || !JSON.stringify(body.config).includes(MASK)) return body;
  return { ...body, config: joinSecrets(body.config as Record<string, unknown>, record.secrets) };
}
