/** Makes the running collector what files say: judged whole, planned, then changed in one transaction or not at all. */
import { joinSecrets } from "../../schema/index.js";
import type { Definitions } from "../collect/definitions.js";
import type { DestinationSettings } from "../collect/destinations.js";
import type { SourceChange, Together } from "../collect/together.js";
import type { KnownSource } from "../collect/wiring.js";
import type { ChangeStore } from "../core/changes.js";
import type { Clock, EventRecord, SourceRecord } from "../ports.js";
import type { FileProblem } from "./config-file.js";
import { judgeObjects, type Desired } from "./desired.js";
import { destinationsWith, KEPT_DOCUMENT, type Kept, type Mark } from "./kept.js";
import { marksAfter, planChanges, sameMarks, type Plan, type RunningSource } from "./plan.js";
import type { ConfigObject } from "./repository.js";

export interface Wish {
  readonly objects: readonly ConfigObject[];
  readonly by: Mark["by"];
  /** Commit, or what else names the state of the files. */
  readonly revision: string;
  readonly prune: boolean;
  /** See PlanOptions. */
  readonly graceMs?: number;
}

/** The files are not in order: nothing was changed. */
export class ConfigRefused extends Error {
  readonly problems: readonly FileProblem[];
  constructor(problems: readonly FileProblem[]) {
    super("the configuration was refused");
    this.name = "ConfigRefused";
    this.problems = problems;
  }
}

export interface Planned extends Plan {
  readonly warnings: readonly FileProblem[];
}

export interface Configuration {
  /** What `apply` would do. Throws ConfigRefused. */
  plan(wish: Wish): Planned;
  /** Does it, all or nothing: one transaction. The same wish again changes nothing. Throws ConfigRefused, DefinitionRefused, Fault store-*. */
  apply(wish: Wish): Promise<Planned>;
  /** What came from files, as it is now. */
  kept(): Kept;
}

export interface ConfigurationPorts {
  readonly definitions: Pick<Definitions, "list" | "together">;
  readonly store: ChangeStore<SourceRecord> & { appendEvent(event: EventRecord): Promise<void> };
  readonly clock: Clock;
  /** Sources of files belong to this collector. */
  readonly collectorId: number;
  readonly operatorDestinations: ReadonlyMap<string, DestinationSettings>;
  setDestinations(wanted: ReadonlyMap<string, DestinationSettings>): void;
  /** A removal that failed behind an answer; it is taken up again at the next start. */
  failedBehind(thrown: unknown): void;
}

export function createConfiguration(ports: ConfigurationPorts, first: Kept): Configuration {
  const { definitions, store, clock, collectorId, operatorDestinations } = ports;
  let kept = first;
  const operatorNames = new Set(operatorDestinations.keys());
  const mine = (sources: readonly KnownSource[]) => sources.filter(({ record }) => record.collectorId === collectorId && !record.stopping);

  function decide(wish: Wish, sources: readonly KnownSource[]): { planned: Planned; desired: Desired } {
    const running = mine(sources).map(runningSource);
    const nowMs = clock.nowMs();
    const { desired, problems, warnings } = judgeObjects(wish.objects, { nowMs, otherDestinations: operatorNames, running: new Set(running.map(({ name }) => name)) });
    if (problems.length > 0) throw new ConfigRefused(problems);
    const options = { nowMs, prune: wish.prune, operatorDestinations: operatorNames, ...(wish.graceMs === undefined ? {} : { graceMs: wish.graceMs }) };
    return { desired, planned: { ...planChanges(desired, running, kept, options), warnings } };
  }

  function together(wish: Wish, sources: readonly KnownSource[], done: (planned: Planned) => void): Together {
    const { planned, desired } = decide(wish, sources);
    const names = planned.steps.filter(({ object }) => object === "source");
    const nowMs = clock.nowMs();
    const after = (ids: ReadonlyMap<string, number>) => marksAfter(desired, kept, planned, { origin: { by: wish.by, revision: wish.revision }, ids, nowMs });
    const leaving = new Set(planned.steps.flatMap((step) => (step.kind === "delete" && step.object === "destination" ? [step.name] : [])));
    const destinations = new Set([...operatorNames, ...Object.keys(kept.destinations).filter((name) => !leaving.has(name)), ...desired.destinations.map(({ name }) => name)]);
    return {
      changes: names.map((step) => changeOf(step, desired, sources, kept, collectorId)),
      destinations,
      async commit(set, changedIds) {
        const ids = new Map(mine(sources).map(({ record, config }) => [config.name, record.id]));
        names.forEach((step, index) => (step.kind === "delete" ? ids.delete(step.name) : ids.set(step.name, changedIds[index]!)));
        const next: Kept = { ...after(ids), revision: wish.revision, appliedMs: nowMs };
        const idle = planned.steps.length === 0 && sameMarks(kept, next) && kept.revision === wish.revision;
        if (!idle && !(await store.changeTogether({ ...set, documents: { [KEPT_DOCUMENT]: next } }))) return false;
        if (!idle) kept = next;
        ports.setDestinations(destinationsWith(operatorDestinations, kept));
        done(planned);
        return true;
      },
    };
  }

  return {
    kept: () => kept,
    plan: (wish) => decide(wish, definitions.list()).planned,
    async apply(wish) {
      let planned: Planned | undefined;
      const { gone } = await definitions.together(async (sources) => together(wish, sources, (made) => (planned = made)));
      gone.catch((thrown: unknown) => ports.failedBehind(thrown));
      if (planned!.steps.length > 0) {
        const detail = { revision: wish.revision, by: wish.by, steps: planned!.steps.map(({ kind, object, name, file }) => ({ kind, object, name, file })) };
        await store.appendEvent({ atMs: clock.nowMs(), kind: "config-applied", detail }).catch(() => undefined);
      }
      return planned!;
    },
  };
}

function runningSource({ record, config }: KnownSource): RunningSource {
  return { id: record.id, name: config.name, schemaRef: record.schemaRef, config: joinSecrets(record.config, record.secrets), destinations: config.destinations, paused: record.paused };
}

function changeOf(step: Plan["steps"][number], desired: Desired, sources: readonly KnownSource[], kept: Kept, collectorId: number): SourceChange {
  if (step.kind === "delete") return { kind: "remove", id: step.id! };
  if (step.kind === "pause") return { kind: "pause", id: step.id, paused: true };
  const body = desired.sources.find(({ name }) => name === step.name)!.definition;
  if (step.kind === "create") return { kind: "create", collectorId, body, paused: false };
  const id = step.id!;
  // Paused because its file was gone: it is back. Paused by a person: that stays.
  const wasGone = kept.sources[id]?.removedMs !== undefined;
  return { kind: "replace", id, body, paused: !wasGone && (sources.find(({ record }) => record.id === id)?.record.paused ?? false) };
}
