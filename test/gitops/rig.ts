/** Configuration from files over real definitions and a real store in memory; workers are only noted. */
import assert from "node:assert/strict";
import { createCollectors, type Collectors } from "../../service/collect/collectors.js";
import { createDefinitions, type Definitions } from "../../service/collect/definitions.js";
import type { DestinationSettings } from "../../service/collect/destinations.js";
import { NO_TOTALS } from "../../service/collect/journal.js";
import type { Supervisor } from "../../service/collect/supervisor.js";
import type { ConfigFile } from "../../service/core/config-origin.js";
import { emptyCoverage } from "../../service/core/coverage.js";
import { STARTING } from "../../service/core/health.js";
import { createConfiguration, type Configuration, type Planned, type Wish } from "../../service/gitops/configuration.js";
import { loadKept } from "../../service/gitops/kept.js";
import { readRepository } from "../../service/gitops/repository.js";
import type { Clock, ConfigChangeSet } from "../../service/ports.js";
import { sourceTypeOf } from "../../service/sources/registry.js";
import { createSealer } from "../../service/store/sealer.js";
import { openSqliteStore } from "../../service/store/sqlite.js";
import { NOW_MS } from "./samples.js";

export const COLLECTOR_ID = 100_000_000;
export type RigStore = Awaited<ReturnType<typeof openSqliteStore>>;

export interface Rig {
  readonly store: RigStore;
  readonly clock: Clock & { now: number };
  definitions: Definitions;
  collectors: Collectors;
  configuration: Configuration;
  /** Destinations as they were last made, by name. */
  destinations: ReadonlyMap<string, DestinationSettings>;
  /** Called in place of the store's transaction. */
  changeTogether: (set: ConfigChangeSet) => Promise<boolean>;
  /** Ids of workers that run. */
  readonly running: Set<number>;
  /** Starts of workers so far. */
  starts: number;
  apply(files: readonly ConfigFile[], wish?: Partial<Wish>): Promise<Planned>;
  plan(files: readonly ConfigFile[], wish?: Partial<Wish>): Planned;
  /** The same store in a new process. */
  restart(): Promise<void>;
  /** Names of the living sources, paused ones in brackets; with its collector where that is not the one that is always there. */
  names(): string[];
  id(name: string): number;
  /** Names of the living collectors, without the one that is always there. */
  folders(): string[];
  folder(name: string): number;
  /** Resolves when everything that was deleted is gone from the store. */
  emptied(): Promise<void>;
  close(): Promise<void>;
}

export const OPERATOR: ReadonlyMap<string, DestinationSettings> = new Map([["default", { type: "stdout", config: {} }]]);

export async function openRig(): Promise<Rig> {
  const clock = { now: NOW_MS, nowMs: () => clock.now, sleep: () => new Promise<void>(() => undefined) };
  const store = await openSqliteStore({ path: ":memory:", sealer: createSealer(new Uint8Array(32).fill(7)), clock });
  const running = new Set<number>();
  const rig = {
    store, clock, running,
    starts: 0,
    destinations: OPERATOR,
    changeTogether: store.changeTogether,
    plan: (files: readonly ConfigFile[], wish: Partial<Wish> = {}) => rig.configuration.plan(wishOf(files, wish)),
    apply: (files: readonly ConfigFile[], wish: Partial<Wish> = {}) => rig.configuration.apply(wishOf(files, wish)),
    names: () => rig.definitions.list().filter(({ record }) => !record.stopping).map(({ record, config }) => {
      const name = record.collectorId === COLLECTOR_ID ? config.name : `${rig.collectors.get(record.collectorId)?.name}/${config.name}`;
      return record.paused ? `(${name})` : name;
    }),
    folders: () => rig.collectors.list().flatMap(({ id, name }) => (id === COLLECTOR_ID ? [] : [name])),
    folder: (name: string) => {
      const found = rig.collectors.named(name);
      assert.ok(found, `no collector ${name}`);
      return found.id;
    },
    async emptied() {
      while ((await store.collectors()).some(({ stopping }) => stopping) || (await store.sources()).some(({ stopping }) => stopping)) await new Promise((resolve) => setImmediate(resolve));
    },
    id: (name: string) => {
      const found = rig.definitions.list().find(({ config }) => config.name === name);
      assert.ok(found, `no source ${name}`);
      return found.record.id;
    },
    close: () => store.close(),
  } as unknown as Rig;
  rig.restart = async () => {
    running.clear();
    rig.definitions = createDefinitions({ store, clock, random: Math.random, supervisor: supervisorOf(rig), sourceTypeOf, destinations: new Set(["default"]), observe: () => undefined, graceMs: 1000 });
    rig.collectors = createCollectors({ store, clock, definitions: rig.definitions, defaultId: COLLECTOR_ID });
    const ports = {
      definitions: rig.definitions, collectors: rig.collectors, clock,
      store: { document: store.document, appendEvent: store.appendEvent, changeTogether: (set: ConfigChangeSet) => rig.changeTogether(set) },
      collectorId: COLLECTOR_ID,
      operatorDestinations: OPERATOR,
      setDestinations: (wanted: ReadonlyMap<string, DestinationSettings>) => void (rig.destinations = wanted),
      failedBehind: (thrown: unknown) => assert.fail(String(thrown)),
    };
    rig.configuration = createConfiguration(ports, await loadKept(store));
    await rig.definitions.start();
    await rig.collectors.start();
  };
  await rig.restart();
  return rig;
}

function wishOf(files: readonly ConfigFile[], wish: Partial<Wish>): Wish {
  const { objects, problems } = readRepository(files);
  assert.deepEqual(problems, []);
  return { objects, by: "apply", revision: "r1", prune: false, ...wish };
}

function supervisorOf(rig: Rig): Supervisor {
  return {
    start({ record, config }) {
      if (record.paused || config.paused || record.stopping) return;
      rig.running.add(record.id);
      rig.starts += 1;
    },
    stop: async (id) => void rig.running.delete(id),
    stopAll: async () => rig.running.clear(),
    state: async ({ record }) => ({ health: STARTING, paused: record.paused, coverage: emptyCoverage(record.createdMs), totals: NO_TOTALS, nextMs: 0 }),
    edit: async () => undefined,
  };
}
