/** A process that can die at any await: its ports answer while it lives, and never again once it is dead. */
import type { AppPorts } from "../../service/app.js";
import type { Commit, Store } from "../../service/ports.js";

export interface Life {
  alive: boolean;
  /** Port calls so far. */
  calls: number;
  /** Dies at this call, before or after it took effect; Infinity = of old age. */
  diesAt: number;
  diesAfterEffect: boolean;
  died(): void;
}

const NEVER = new Promise<never>(() => undefined);

/** Wraps an asynchronous call: it may be the one at which the process dies. */
async function mortal<T>(life: Life, call: () => Promise<T>): Promise<T> {
  if (!life.alive) return NEVER;
  const fatal = ++life.calls >= life.diesAt;
  if (fatal && !life.diesAfterEffect) return die(life);
  try {
    const result = await call();
    return fatal ? die(life) : life.alive ? result : NEVER;
  } catch (thrown) {
    if (fatal || !life.alive) return fatal ? die(life) : NEVER;
    throw thrown;
  }
}

function die(life: Life): Promise<never> {
  if (life.alive) {
    life.alive = false;
    life.died();
  }
  return NEVER;
}

export interface StoreWatch {
  /** Throws in place of the commit, or after it took effect. */
  fault(): { readonly before?: Error; readonly after?: Error };
  committed(sourceId: number, commit: Commit): Promise<void> | void;
}

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
  const wrapped = Object.fromEntries(
    Object.entries(store).map(([name, method]) => [name, (...given: unknown[]) => mortal(life, () => (method as (...all: unknown[]) => Promise<unknown>)(...given))]),
  ) as unknown as Store;
  return {
    ...wrapped,
    commit: (sourceId, revision, commit) =>
      mortal(life, async () => {
        const { before, after } = watch.fault();
        if (before) throw before;
        const next = await store.commit(sourceId, revision, commit);
        await watch.committed(sourceId, commit);
        if (after) throw after;
        return next;
      }),
  };
}
