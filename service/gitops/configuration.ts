/** Makes the running collector what files say: judged whole, planned, then changed in one transaction or not at all. */
import type { CollectorDraft, Collectors, CollectorsTogether } from "../collect/collectors.js";
import type { Definitions } from "../collect/definitions.js";
import type { DestinationSettings } from "../collect/destinations.js";
import type { Together } from "../collect/together.js";
import type { KnownSource } from "../collect/wiring.js";
import type { Clock, ConfigStore, EventRecord } from "../ports.js";
import { collectorChanges, collectorIdsAfter, idsThere, runningNow, sourceChanges, sourceIdsAfter, withIds } from "./carry-out.js";
import type { FileProblem } from "./config-file.js";
import { judgeObjects, type Desired, type JudgeOptions } from "./desired.js";
import { destinationsWith, KEPT_DOCUMENT, loadKept, type Kept, type Mark } from "./kept.js";
import { marksAfter, sameMarks } from "./marks.js";
import { sourceKey, type Matches, type Running } from "./match.js";
import { planChanges, type Plan } from "./plan.js";
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
  readonly collectors: Pick<Collectors, "list" | "together">;
  readonly store: ConfigStore & { appendEvent(event: EventRecord): Promise<void> };
  readonly clock: Clock;
  /** The collector that is always there: sources that name no other belong to it. */
  readonly collectorId: number;
  readonly operatorDestinations: ReadonlyMap<string, DestinationSettings>;
  setDestinations(wanted: ReadonlyMap<string, DestinationSettings>): void;
  /** A removal that failed behind an answer; it is taken up again at the next start. */
  failedBehind(thrown: unknown): void;
}

interface Decided {
  readonly desired: Desired;
  readonly running: Running;
  readonly matches: Matches;
  readonly planned: Planned;
}

/** What a change came to, when it is stored. */
type Done = (planned: Planned, draft: CollectorDraft) => void;

export function createConfiguration(ports: ConfigurationPorts, first: Kept): Configuration {
  const { definitions, collectors, store, clock, collectorId, operatorDestinations } = ports;
  let kept = first;
  /** Nobody knows what became of a write. */
  let doubtful = false;
  const operatorNames = new Set(operatorDestinations.keys());

  function decide(wish: Wish, sources: readonly KnownSource[]): Decided {
    const running = runningNow(collectors.list(), sources, collectorId);
    const nowMs = clock.nowMs();
    const judging = { nowMs, otherDestinations: operatorNames, running: new Set(running.sources.map(({ name }) => name)) };
    const { desired, problems, warnings } = judgeObjects(wish.objects, judging);
    if (problems.length > 0) throw new ConfigRefused(problems);
    const options = { nowMs, prune: wish.prune, operatorDestinations: operatorNames, ...(wish.graceMs === undefined ? {} : { graceMs: wish.graceMs }) };
    const { matches, ...plan } = planChanges(desired, running, kept, options);
    refuseFresh(wish, desired, matches, judging);
    return { desired, running, matches, planned: { ...plan, warnings } };
  }

  async function together(wish: Wish, sources: readonly KnownSource[], hand: CollectorsTogether, done: Done): Promise<Together> {
    const { planned, desired, running, matches } = decide(wish, sources);
    const { steps } = planned;
    const draft = await hand.draft(collectorChanges(steps, desired));
    const collectorIds = collectorIdsAfter(draft.records, matches, collectorId);
    const nowMs = clock.nowMs();
    const leaving = new Set(steps.flatMap((step) => (step.kind === "delete" && step.object === "destination" ? [step.name] : [])));
    const destinations = new Set([...operatorNames, ...Object.keys(kept.destinations).filter((name) => !leaving.has(name)), ...desired.destinations.map(({ name }) => name)]);
    return {
      changes: sourceChanges(steps, { desired, kept, sources, collectorIds }),
      destinations,
      async commit(set, changedIds) {
        const sourceIds = sourceIdsAfter(steps, changedIds, matches);
        const marks = marksAfter(desired, kept, {
          origin: { by: wish.by, revision: wish.revision },
          steps, nowMs,
          idOf: { collector: (name) => collectorIds.get(name)!, source: (source) => sourceIds.get(sourceKey(source))! },
          there: { collectors: idsThere(running.collectors, collectorIds.values(), steps, "collector"), sources: idsThere(running.sources, sourceIds.values(), steps, "source") },
        });
        const next: Kept = { ...marks, revision: wish.revision, appliedMs: nowMs };
        const idle = steps.length === 0 && sameMarks(kept, next) && kept.revision === wish.revision;
        if (!idle && !(await store.changeTogether({ ...set, collectors: draft.set, documents: { [KEPT_DOCUMENT]: next } }))) return false;
        if (!idle) kept = next;
        hand.adopt(draft);
        ports.setDestinations(destinationsWith(operatorDestinations, kept));
        done({ ...planned, steps: withIds(steps, collectorIds, sourceIds) }, draft);
        return true;
      },
    };
  }

  /** A write that failed may have taken effect: the store's word counts. */
  async function adopt(): Promise<void> {
    kept = await loadKept(store);
    doubtful = false;
    ports.setDestinations(destinationsWith(operatorDestinations, kept));
  }

  return {
    kept: () => kept,
    plan: (wish) => decide(wish, definitions.list()).planned,
    async apply(wish) {
      let made: { planned: Planned; draft: CollectorDraft } | undefined;
      // Collectors first, as everywhere: whoever waits for both turns waits in this order.
      const { gone } = await collectors.together(async (hand) => {
        if (doubtful) await adopt();
        const changing = definitions.together((now) => together(wish, now, hand, (planned, draft) => (made = { planned, draft })));
        const sources = await changing.catch(async (thrown: unknown) => {
          doubtful = true;
          await adopt().catch(() => undefined);
          throw thrown;
        });
        return { gone: hand.finish(made!.draft, sources.gone) };
      });
      gone.catch((thrown: unknown) => ports.failedBehind(thrown));
      const { planned } = made!;
      if (planned.steps.length > 0) {
        const detail = { revision: wish.revision, by: wish.by, steps: planned.steps.map(({ kind, object, name, file }) => ({ kind, object, name, file })) };
        await store.appendEvent({ atMs: clock.nowMs(), kind: "config-applied", detail }).catch(() => undefined);
      }
      return planned;
    },
  };
}

/** A new source must be able to start where it says; one that runs already may have begun long ago. Throws ConfigRefused. */
function refuseFresh(wish: Wish, desired: Desired, { sources }: Matches, judging: JudgeOptions & { readonly running: ReadonlySet<string> }): void {
  // Of these the name alone made believe that they run: another collector has a source of that name.
  const fresh = new Set(desired.sources.filter((source) => !sources.has(source) && judging.running.has(source.name)).map(({ file }) => file));
  const { problems } = fresh.size > 0 ? judgeObjects(wish.objects, { ...judging, fresh }) : { problems: [] };
  if (problems.length > 0) throw new ConfigRefused(problems);
}
