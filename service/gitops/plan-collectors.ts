/** What has to change of collectors. Pure. */
import type { CollectorBody } from "../../schema/index.js";
import { differences } from "./difference.js";
import type { DesiredCollector } from "./judge-collectors.js";
import type { Kept, Mark } from "./kept.js";
import type { Matches, Running, RunningCollector, RunningSource } from "./match.js";
import { dueMs, isDue, type PlanOptions, type Step } from "./step.js";

/** Creates or changes what a file describes. */
export function collectorStep({ name, file, body }: DesiredCollector, now: RunningCollector | undefined): Step[] {
  if (!now) return [{ kind: "create", object: "collector", name, file }];
  const changes = differences(meaning(now), meaning(body), new Set());
  return changes.length === 0 ? [] : [{ kind: "update", object: "collector", name, file, id: now.id, changes }];
}

function meaning({ name, description, category, timeZone, fields }: Omit<RunningCollector, "id"> | CollectorBody) {
  return { name, description, category, timeZone, fields };
}

export interface Leaving {
  readonly running: Running;
  readonly kept: Kept;
  readonly matches: Matches;
  /** Those of sources, already planned. */
  readonly steps: readonly Step[];
  readonly options: PlanOptions;
  readonly notes: string[];
}

/** A collector whose file is gone is deleted when its time has come and nothing is in it; with what people put into it, it stays. */
export function leavingCollectors({ running, kept, matches, steps, options, notes }: Leaving): Step[] {
  const wanted = new Set([...matches.collectors.values()].map(({ id }) => id));
  const leaving = running.collectors.filter(({ id }) => kept.collectors[id] && !wanted.has(id));
  // Those that files want belong to collectors that files describe.
  const gone = new Set([...[...matches.sources.values()].map(({ id }) => id), ...steps.flatMap((step) => (step.kind === "delete" && step.object === "source" ? [step.id] : []))]);
  const left = running.sources.filter(({ id }) => !gone.has(id));
  return leaving.flatMap((one) => leavingStep(one, kept.collectors[one.id]!, left.filter(({ collector }) => collector === one.name), { kept, options, notes }));
}

function leavingStep({ id, name }: RunningCollector, mark: Mark, sources: readonly RunningSource[], { kept, options, notes }: Pick<Leaving, "kept" | "options" | "notes">): Step[] {
  const note = (what: string): Step[] => {
    notes.push(`The collector "${name}" has no file any more: ${what}.`);
    return [];
  };
  const own = sources.filter((source) => kept.sources[source.id] === undefined).map((source) => source.name);
  if (own.length > 0) return note(`it stays, because it holds sources that are not from files (${own.join(", ")})`);
  if (sources.length > 0) return note("it is deleted with the last of its sources");
  if (isDue(mark, options)) return [{ kind: "delete", object: "collector", name, file: mark.file, id }];
  const due = dueMs(mark, options);
  return note(due === undefined ? "--prune deletes it" : `it is deleted at ${new Date(due).toISOString()}`);
}
