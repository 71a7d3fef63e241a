/** Pull mode: fetches the files again and again, and makes the collector what they say; keeps the last good revision. */
import type { Clock } from "../ports.js";
import { asFault } from "../core/fault.js";
import { DefinitionRefused } from "../collect/definitions.js";
import { OriginFailed, type ConfigOrigin, type Fetched } from "../core/config-origin.js";
import type { FileProblem } from "./config-file.js";
import { ConfigRefused, type Configuration, type Planned } from "./configuration.js";
import { readRepository } from "./repository.js";

export interface PullSettings {
  readonly intervalMs: number;
  readonly environment?: string;
  readonly prune: boolean;
  /** How long a source whose file is gone stays paused before it is deleted, ms. */
  readonly graceMs: number;
}

export interface PullError {
  readonly atMs: number;
  /** Absent when the files could not even be had. */
  readonly revision?: string;
  readonly message: string;
  readonly problems: readonly FileProblem[];
}

export interface PullState {
  readonly checkedMs?: number;
  /** Of the last attempt; absent when it went well. */
  readonly error?: PullError;
}

/** What an attempt came to, for the log. */
export type PullTold = { readonly kind: "applied"; readonly revision: string; readonly planned: Planned } | { readonly kind: "failed"; readonly error: PullError };

export interface Pull {
  readonly origin: ConfigOrigin;
  readonly settings: PullSettings;
  state(): PullState;
  /** Begins to fetch. */
  start(): void;
  /** Fetches now, or once more when a fetch is under way. Resolves when that one is over. */
  sync(): Promise<void>;
  stop(): Promise<void>;
}

export interface PullPorts {
  readonly clock: Clock;
  readonly configuration: Configuration;
  /** Must not throw. */
  tell(told: PullTold): void;
}

/** How often a folder is read until it holds still. */
const STEADY_READS_MAX = 5;
const STEADY_MS = 200;

export function createPull(origin: ConfigOrigin, settings: PullSettings, ports: PullPorts): Pull {
  const { clock, configuration } = ports;
  const ending = new AbortController();
  let state: PullState = {};
  let told = "";
  let wake = new AbortController();
  let waiting: (() => void)[] = [];
  let running: Promise<void> = Promise.resolve();

  async function steady(): Promise<Fetched> {
    let last = await origin.fetch(ending.signal);
    for (let reads = 1; origin.unsteady && last.revision !== configuration.kept().revision; reads++) {
      if (reads > STEADY_READS_MAX) throw new OriginFailed("the files change while they are read; it is tried again");
      await clock.sleep(STEADY_MS, ending.signal);
      const again = await origin.fetch(ending.signal);
      if (again.revision === last.revision) break;
      last = again;
    }
    return last;
  }

  async function attempt(): Promise<void> {
    let revision: string | undefined;
    try {
      const fetched = await steady();
      revision = fetched.revision;
      const { objects, problems } = readRepository(fetched.files, settings.environment);
      if (problems.length > 0) throw new ConfigRefused(problems);
      const before = configuration.kept().revision;
      const planned = await configuration.apply({ objects, by: "pull", revision, prune: settings.prune, graceMs: settings.graceMs });
      state = { checkedMs: clock.nowMs() };
      if (planned.steps.length > 0 || before !== revision || told !== "") ports.tell({ kind: "applied", revision, planned });
      told = "";
    } catch (thrown) {
      if (ending.signal.aborted) return;
      const error: PullError = { atMs: clock.nowMs(), ...(revision === undefined ? {} : { revision }), ...described(thrown) };
      state = { checkedMs: error.atMs, error };
      // The same complaint every minute helps nobody.
      const complaint = `${revision ?? ""} ${error.message}`;
      if (complaint !== told) ports.tell({ kind: "failed", error });
      told = complaint;
    }
  }

  async function loop(): Promise<void> {
    while (!ending.signal.aborted) {
      const served = waiting;
      waiting = [];
      wake = new AbortController();
      await attempt();
      for (const resolve of served) resolve();
      if (waiting.length === 0) await clock.sleep(settings.intervalMs, AbortSignal.any([ending.signal, wake.signal])).catch(() => undefined);
    }
    for (const resolve of waiting) resolve();
  }

  return {
    origin,
    settings,
    state: () => state,
    start() {
      running = loop();
    },
    sync: () =>
      new Promise((resolve) => {
        if (ending.signal.aborted) return resolve();
        waiting.push(resolve);
        wake.abort();
      }),
    async stop() {
      ending.abort(new Error("the collector stops"));
      await running;
    },
  };
}

function described(thrown: unknown): { message: string; problems: readonly FileProblem[] } {
  if (thrown instanceof OriginFailed) return { message: thrown.message, problems: [] };
  if (thrown instanceof ConfigRefused) return { message: `${thrown.problems.length} ${thrown.problems.length === 1 ? "problem" : "problems"} in the files; nothing was changed`, problems: thrown.problems };
  if (thrown instanceof DefinitionRefused) {
    const problems = "problems" in thrown.refusal ? thrown.refusal.problems : [];
    return { message: "the collector refused a definition; nothing was changed", problems: problems.map((problem) => ({ file: "", ...problem })) };
  }
  return { message: asFault(thrown).message, problems: [] };
}
