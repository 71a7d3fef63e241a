/** The open destinations, which may change while workers write: a worker asks for its sinks at each turn and keeps what it got for that turn. */
import { asFault, Fault } from "../core/fault.js";
import type { Batch, Clock, Receipt, Sink } from "../ports.js";

/** What a destination is, defaults filled in. */
export interface DestinationSettings {
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface Destinations {
  /** By name, always as they are now. */
  readonly sinks: ReadonlyMap<string, Sink>;
  /**
   * Makes these the destinations. At once for whoever asks from now on; a sink that is changed or gone ends the writes under way
   * first, behind the answer. What cannot be opened is a sink that refuses with the reason.
   */
  set(wanted: ReadonlyMap<string, DestinationSettings>): void;
  /** Closes all, when the writes under way are over. */
  close(): Promise<void>;
}

/** Bounds of a sink that is not open yet. */
const CAUTIOUS = { batchBytesMax: 1_000_000, batchRowsMax: 5000 } as const;
/** A write that hangs longer than this does not keep its successor waiting, ms. */
const PATIENCE_MS = 60_000;

export type OpenSink = (name: string, settings: DestinationSettings) => Sink;

/** Opens the first ones at once: what `open` throws is thrown. */
export function createDestinations(first: ReadonlyMap<string, DestinationSettings>, open: OpenSink, clock: Clock): Destinations {
  const doors = new Map<string, Door>();
  const settingsOf = new Map<string, string>();
  /** Closings under way: two sinks of one file must not be open at the same time. */
  let closing: Promise<unknown> = Promise.resolve();
  for (const [name, settings] of first) {
    doors.set(name, new Door(open(name, settings), clock));
    settingsOf.set(name, JSON.stringify(settings));
  }
  return {
    sinks: doors,
    set(wanted) {
      const changed = [...wanted].filter(([name, settings]) => settingsOf.get(name) !== JSON.stringify(settings));
      const gone = [...doors.keys()].filter((name) => !wanted.has(name));
      const closings = [...gone, ...changed.map(([name]) => name)].flatMap((name) => doors.get(name)?.shut() ?? []);
      const before = (closing = Promise.allSettled([closing, ...closings]));
      for (const name of gone) {
        doors.delete(name);
        settingsOf.delete(name);
      }
      for (const [name, settings] of changed) {
        const door = doors.get(name) ?? new Door(undefined, clock);
        door.reopen(before, () => open(name, settings));
        doors.set(name, door);
        settingsOf.set(name, JSON.stringify(settings));
      }
    },
    async close() {
      await closing;
      await Promise.allSettled([...doors.values()].map((door) => door.shut()));
    },
  };
}

/** One name: the same object for as long as the name exists, another sink behind it after each change. */
class Door implements Sink {
  #sink: Sink | undefined;
  #ready: Promise<unknown> = Promise.resolve();
  #refusal: unknown;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #clock: Clock;

  constructor(sink: Sink | undefined, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  get limits(): Sink["limits"] {
    return this.#sink?.limits ?? CAUTIOUS;
  }

  check(signal: AbortSignal): Promise<void> {
    return this.#through(signal, (sink) => sink.check(signal));
  }

  write(batch: Batch, signal: AbortSignal): Promise<Receipt> {
    return this.#through(signal, (sink) => sink.write(batch, signal));
  }

  close(): Promise<void> {
    return this.shut();
  }

  /** Lets the writes under way end, then closes. */
  async shut(): Promise<void> {
    await this.#ready;
    const sink = this.#sink;
    this.#sink = undefined;
    if (!sink) return;
    const over = new AbortController();
    const patience = this.#clock.sleep(PATIENCE_MS, over.signal).catch(() => undefined);
    await Promise.race([Promise.allSettled(this.#underWay), patience]);
    over.abort();
    await sink.close();
  }

  /** Whoever writes waits until `before` is over and the new sink is open. */
  reopen(before: Promise<unknown>, open: () => Sink): void {
    this.#ready = before.then(() => {
      try {
        this.#sink = open();
        this.#refusal = undefined;
      } catch (thrown) {
        this.#refusal = thrown;
      }
    });
  }

  async #through<T>(signal: AbortSignal, use: (sink: Sink) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    await this.#ready;
    signal.throwIfAborted();
    if (!this.#sink) throw this.#refusal === undefined ? new Fault("destination-unreachable", { detail: "it was taken away or closed" }) : asFault(this.#refusal);
    const done = use(this.#sink);
    this.#underWay.add(done);
    try {
      return await done;
    } finally {
      this.#underWay.delete(done);
    }
  }
}
