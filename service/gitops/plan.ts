/** What has to change so that what runs is what the files say. Pure. */
import { separateSecrets } from "../../schema/index.js";
import { DEFAULT_COLLECTOR_NAME } from "../collect/collectors.js";
import type { Desired, DesiredDestination, DesiredSource } from "./desired.js";
import { differences } from "./difference.js";
import type { DestinationMark, Kept, Mark } from "./kept.js";
import { match, type Matches, type Running, type RunningSource } from "./match.js";
import { collectorStep, leavingCollectors } from "./plan-collectors.js";
import { dueMs, isDue, type Of, type PlanOptions, type Step } from "./step.js";

export interface Plan {
  /** In the order in which they are told. */
  readonly steps: readonly Step[];
  readonly unchanged: number;
  /** Objects whose file has another path now; nothing else of them changes. */
  readonly moved: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  /** What a person should know; nothing that is done. */
  readonly notes: readonly string[];
}

/** Only what came from files is ever paused or deleted: what somebody posted is left alone. */
export function planChanges(desired: Desired, now: Running, kept: Kept, options: PlanOptions): Plan & { readonly matches: Matches } {
  const matches = match(desired, now, kept);
  const { running } = matches;
  const moved: { name: string; from: string; to: string }[] = [];
  const notes: string[] = [];
  const made = [
    ...desired.destinations.flatMap((destination) => destinationStep(destination, kept.destinations[destination.name])),
    ...desired.collectors.flatMap((collector) => collectorStep(collector, matches.collectors.get(collector))),
    ...desired.sources.flatMap((source) => sourceStep(source, matches.sources.get(source), kept)),
  ];
  for (const destination of desired.destinations) noteMove(destination, kept.destinations[destination.name], moved);
  for (const [collector, { id }] of matches.collectors) noteMove(collector, kept.collectors[id], moved);
  for (const [source, { id }] of matches.sources) noteMove(source, kept.sources[id], moved);
  const wanted = new Set([...matches.sources.values()].map(({ id }) => id));
  const left = running.sources.filter(({ id }) => !wanted.has(id));
  const steps = [...made, ...left.flatMap((source) => leavingStep(source, kept.sources[source.id], options))];
  steps.push(...goneDestinations({ desired, running, kept, matches, steps, notes, operator: options.operatorDestinations }));
  steps.push(...leavingCollectors({ running, kept, matches, steps, options, notes }));
  noteStrangers(desired, running, kept, matches, notes);
  const unchanged = desired.sources.length + desired.destinations.length + desired.collectors.length - made.length;
  return { steps, unchanged, moved, notes, matches };
}

function sourceStep(source: DesiredSource, now: RunningSource | undefined, kept: Kept): Step[] {
  const { definition } = source;
  if (!now) return [{ kind: "create", ...ofSource(source) }];
  const secrets = new Set([now.config, definition.config].flatMap((config) => Object.keys(separateSecrets(definition.schemaRef.type, config).secrets)).map((pointer) => `/config${pointer}`));
  const changes = differences(
    { collector: now.collector, schemaRef: now.schemaRef, config: meaning(now.config), paused: kept.sources[now.id]?.removedMs !== undefined && now.paused },
    { collector: source.collector, schemaRef: definition.schemaRef, config: meaning(definition.config), paused: false },
    secrets,
  );
  return changes.length === 0 ? [] : [{ kind: "update", ...ofSource(source), id: now.id, changes }];
}

function ofSource({ name, file, collector }: Pick<DesiredSource, "name" | "file" | "collector">): Of<"source"> {
  return { object: "source", name, file, ...(collector === DEFAULT_COLLECTOR_NAME ? {} : { collector }) };
}

/** Absent and false mean the same; resuming a source writes the latter. */
function meaning(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(config).filter(([key, value]) => !(key === "paused" && value === false)));
}

function destinationStep({ name, file, entry }: DesiredDestination, mark: DestinationMark | undefined): Step[] {
  if (!mark) return [{ kind: "create", object: "destination", name, file }];
  // Secrets are references here: there is nothing to hide.
  const changes = differences(mark.entry, entry, new Set());
  return changes.length === 0 ? [] : [{ kind: "update", object: "destination", name, file, changes }];
}

function leavingStep({ id, name, collector, paused }: RunningSource, mark: Mark | undefined, options: PlanOptions): Step[] {
  if (!mark) return [];
  const common = { ...ofSource({ name, file: mark.file, collector }), id };
  if (isDue(mark, options)) return [{ kind: "delete", ...common }];
  if (mark.removedMs !== undefined && paused) return [];
  const deleteAtMs = dueMs(mark, options);
  return [{ kind: "pause", ...common, ...(deleteAtMs === undefined ? {} : { deleteAtMs }) }];
}

interface GoneDestinations {
  readonly desired: Desired;
  readonly running: Running;
  readonly kept: Kept;
  readonly matches: Matches;
  readonly steps: readonly Step[];
  readonly notes: string[];
  /** Names of the operator's own. */
  readonly operator: ReadonlySet<string>;
}

/** A destination stays for as long as any source sends to it. */
function goneDestinations({ desired, running, kept, matches, steps, notes, operator }: GoneDestinations): Step[] {
  const wanted = new Set(desired.destinations.map(({ name }) => name));
  const deleted = new Set(steps.flatMap((step) => (step.kind === "delete" && step.object === "source" ? [step.id] : [])));
  const changed = new Map([...matches.sources].map(([source, { id }]) => [id, source]));
  const usersOf = (name: string) => running.sources.filter((source) => !deleted.has(source.id) && (changed.has(source.id) ? destinationsOf(changed.get(source.id)!) : source.destinations).includes(name));
  return Object.entries(kept.destinations).flatMap(([name, mark]): Step[] => {
    if (wanted.has(name)) return [];
    const users = operator.has(name) ? [] : usersOf(name).map((source) => source.name);
    if (users.length > 0) notes.push(`The destination "${name}" has no file any more and stays while it is used by ${users.join(", ")}.`);
    return users.length > 0 ? [] : [{ kind: "delete", object: "destination", name, file: mark.file }];
  });
}

/** What is not from files is left alone, and told; where it has a new neighbour of its name, a move may have been meant. */
function noteStrangers(desired: Desired, running: Running, kept: Kept, matches: Matches, notes: string[]): void {
  const matched = new Set([...matches.collectors.values(), ...matches.sources.values()].map(({ id }) => id));
  const sources = running.sources.filter(({ id }) => !kept.sources[id] && !matched.has(id));
  const collectors = running.collectors.filter(({ id }) => !kept.collectors[id] && !matched.has(id));
  if (sources.length > 0) notes.push(`Not from files, left alone: ${sources.map(shownSource).join(", ")}.`);
  if (collectors.length > 0) notes.push(`Collectors that are not from files, left alone: ${collectors.map(({ name }) => name).join(", ")}.`);
  const created = new Map(desired.sources.filter((source) => !matches.sources.has(source)).map((source) => [source.name, source]));
  for (const stranger of sources) {
    const twin = created.get(stranger.name);
    if (twin) notes.push(`The source ${shownSource(stranger)} goes on beside the new one in the collector "${twin.collector}": to move it, first apply its file for the collector "${stranger.collector}".`);
  }
}

function shownSource({ name, collector }: Pick<RunningSource, "name" | "collector">): string {
  return collector === DEFAULT_COLLECTOR_NAME ? name : `${name} (in ${collector})`;
}

/** Names of the destinations that a source of the files sends to. */
export function destinationsOf({ definition }: DesiredSource): readonly string[] {
  const given = definition.config["destinations"];
  return Array.isArray(given) ? (given as string[]) : ["default"];
}

function noteMove({ name, file }: { name: string; file: string }, mark: Mark | undefined, moved: { name: string; from: string; to: string }[]): void {
  if (mark && mark.file !== file) moved.push({ name, from: mark.file, to: file });
}
