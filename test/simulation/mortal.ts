/** A process that can die or freeze at any await: its ports answer while it lives, and never again once it is dead. */
import type { AppPorts } from "../../service/app.js";
import type { Commit, Store } from "../../service/ports.js";

export interface Life {
  alive: boolean;
  /** While it is frozen: resolves at the thaw. Nothing that it waits for comes back before. */
  frozen: Promise<void> | undefined;
  /** Port calls so far. */
  calls: number;
  /** Dies at this call, before or after it took effect; Infinity = of old age. */
  diesAt: number;
  diesAfterEffect: boolean;
  died(): void;
}

/** One of its own for each who waits: a shared one would keep all of them, and their worlds, in memory. */
const never = () => new Promise<never>(() => undefined);

/** Wraps an asynchronous call: it may be the one at which the process dies. */
async function mortal<T>(life: Life, call: () => Promise<T>): Promise<T> {
  if (life.frozen) await life.frozen;
  if (!life.alive) return never();
  const fatal = ++life.calls >= life.diesAt;
  if (fatal && !life.diesAfterEffect) return die(life);
  try {
    const result = await call();
    if (life.frozen) await life.frozen;
    return fatal ? die(life) : life.alive ? result : never();
  } catch (thrown) {
    if (life.frozen) await life.frozen;
    if (fatal || !life.alive) return fatal ? die(life) : never();
    throw thrown;
  }
}

function die(life: Life): Promise<never> {
  if (life.alive) {
    life.alive = false;
    life.died();
  }
  return never();
}

export interface StoreWatch {
  /** Throws in place of the call, or after it took effect. */
  fault(method: keyof Store): { readonly before?: Error; readonly after?: Error };
  /** It was refused or failed, and took no effect. */
  failed(method: keyof Store, given: readonly unknown[]): void;
  /** Before anything else of that call happens. */
  called(method: keyof Store, given: readonly unknown[]): void;
  /** It took effect; whether the caller learns of it is another matter. */
  done(method: keyof Store, given: readonly unknown[]): Promise<void> | void;
}

/** What a commit says, as `done` gets it. */
export type CommitCall = readonly [sourceId: number, expectedRevision: number, commit: Commit];

/** The ports of one life of the process. */
export function mortalPorts(ports: AppPorts, life: Life, watch: StoreWatch): AppPorts {
  const { clock, http, store } = ports;
  return {
    ...ports,
    clock: {
      nowMs: () => clock.nowMs(),
      // An aborted sleep rejects also in a dead process; nobody is left to notice.
      sleep: (ms, signal) => mortal(life, () => clock.sleep(ms, signal)),
    },
    http: (request) => mortal(life, () => http(request)),
    observe: (happening) => {
      if (life.alive) ports.observe(happening);
    },
    store: mortalStore(store, life, watch),
  };
}

function mortalStore(store: Store, life: Life, watch: StoreWatch): Store {
  const methods = Object.entries(store) as [keyof Store, (...all: unknown[]) => Promise<unknown>][];
  const wrapped = methods.map(([name, method]) => [
    name,
    (...given: unknown[]) =>
      mortal(life, async () => {
        watch.called(name, given);
        const { before, after } = watch.fault(name);
        const result = await (before ? Promise.reject(before) : method(...given)).catch((thrown: unknown) => {
          watch.failed(name, given);
          throw thrown;
        });
        await watch.done(name, given);
        if (after) throw after;
        return result;
      }),
  ]);
  return Object.fromEntries(wrapped) as Store;
}
