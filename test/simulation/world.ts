/** A scenario comes to life: emulator, receiver and the real collector, life after life, on one store and one virtual clock. */
import { createApp, type App, type AppPorts } from "../../service/app.js";
import { createEmulator, type Emulator } from "../../service/emulator/emulator.js";
import { DEMO_GRAPH_TENANT, DEMO_REPORTING_TENANT, demoTenants } from "../../service/emulator/demo-tenants.js";
import { emulatorHttp } from "../../service/emulator/emulator-http.js";
import { seededRandom } from "../../service/emulator/seeded-random.js";
import { Fault } from "../../service/core/fault.js";
import type { Clock, Disk, Http, Store } from "../../service/ports.js";
import { createSealer } from "../../service/store/sealer.js";
import { openSqliteStore } from "../../service/store/sqlite.js";
import { Invariants } from "./invariants.js";
import { mortalPorts, type Life } from "./mortal.js";
import { START_MS, type Act, type Scenario, type ScenarioSource } from "./scenario.js";
import { VirtualClock } from "./virtual-clock.js";
import type { Planted } from "./planted.js";

const BASE_URL = "http://emulator.test";
const GRACE_MS = 8000;
const NO_DISK = new Proxy({}, { get: () => () => Promise.reject(new Error("the simulation has no disk")) }) as Disk;

export class World {
  readonly scenario: Scenario;
  readonly clock = new VirtualClock(START_MS);
  readonly emulator: Emulator;
  readonly invariants: Invariants;
  readonly #random: () => number;
  readonly #plant: Planted | undefined;
  #store!: Store;
  #app: App | undefined;
  #life: Life | undefined;
  /** The collector's clock is wrong by this much, ms. */
  #skewMs = 0;
  /** Ids by scenario source; undefined while it is deleted. */
  readonly #ids: (number | undefined)[];

  constructor(scenario: Scenario, plant?: Planted) {
    this.scenario = scenario;
    this.#plant = plant;
    this.#random = seededRandom(scenario.seed, "world");
    this.#ids = scenario.sources.map(() => undefined);
    this.emulator = createEmulator({
      clock: this.clock,
      seed: scenario.seed,
      baseUrl: BASE_URL,
      tenants: demoTenants(scenario.flow),
      faults: scenario.faults,
      codeLifetimeMs: 30 * 86_400_000,
    });
    this.invariants = new Invariants(this.emulator, scenario);
  }

  /** Plays the scenario to its end. Throws what the invariants throw. */
  async play(): Promise<void> {
    this.#store = await openSqliteStore({ path: ":memory:", clock: this.clock, sealer: createSealer(new Uint8Array(32)) });
    try {
      await this.#boot();
      for (const index of this.scenario.sources.keys()) await this.#create(index);
      for (const act of this.scenario.acts) {
        await this.#runUntil(act.atMs);
        await this.#act(act);
      }
      await this.#runUntil(this.scenario.calmMs);
      this.#skewMs = 0;
      if (this.#life) this.#life.diesAt = Number.POSITIVE_INFINITY;
      this.invariants.calm();
      await this.#runUntil(this.scenario.endMs);
      await this.#stop();
      this.invariants.atEnd();
    } finally {
      await this.#store.close();
    }
  }

  async #runUntil(untilMs: number): Promise<void> {
    // A death in the meantime is followed by a new life after its downtime.
    while (this.clock.nowMs() < untilMs) {
      await this.clock.runUntil(this.#bootAtMs !== undefined ? Math.min(untilMs, Math.max(this.#bootAtMs, this.clock.nowMs())) : untilMs);
      this.invariants.rethrow();
      if (this.#bootAtMs !== undefined && this.clock.nowMs() >= this.#bootAtMs) await this.#boot();
    }
  }
  #bootAtMs: number | undefined;

  async #boot(): Promise<void> {
    this.#bootAtMs = undefined;
    const life: Life = {
      alive: true,
      calls: 0,
      diesAt: Number.POSITIVE_INFINITY,
      diesAfterEffect: false,
      died: () => {
        this.invariants.died();
        this.#app = undefined;
        this.#bootAtMs ??= this.clock.nowMs() + this.#downMs;
      },
    };
    this.#life = life;
    const ports = mortalPorts(this.#ports(life), life, {
      fault: () => this.#commitFault(),
      committed: (sourceId, commit) => this.invariants.committed(sourceId, this.#sourceOf(sourceId), commit, this.#store, this.#skewMs),
    });
    const destination = { type: "sumo-logic-http", config: { url: `${BASE_URL}/receiver/v1/http/simulated`, compression: "none", compression_level: 1, batch_bytes_max: 3000, timeout_seconds: 30 } };
    const settings = {
      destinations: new Map([["default", destination]]),
      microsoft: { login: `${BASE_URL}/login`, graph: `${BASE_URL}/graph`, reporting: `${BASE_URL}/reporting` },
      graceMs: GRACE_MS,
    };
    const app = await createApp(settings, this.#plant?.ports?.(ports) ?? ports);
    await app.start();
    this.#app = app;
  }
  #downMs = 1000;

  #ports(life: Life): AppPorts {
    const clock: Clock = { nowMs: () => this.clock.nowMs() + this.#skewMs, sleep: (ms, signal) => this.clock.sleep(ms, signal) };
    return {
      clock,
      random: this.#random,
      http: this.#http(life),
      disk: NO_DISK,
      stdout: async () => undefined,
      store: this.#store,
      resolveSecret: async (secret) => (typeof secret === "string" ? secret : Promise.reject(new Fault("secret-unresolved"))),
      observe: () => undefined,
    };
  }

  /** Small pages, some latency; nothing may leave for another origin. */
  #http(life: Life): Http {
    const inner = emulatorHttp(this.emulator, this.clock, { stray: (request) => this.invariants.stray(request) });
    const { latencyMsMax, pageRows } = this.scenario;
    return async (request) => {
      if (latencyMsMax > 0) await this.clock.sleep(this.#random() * latencyMsMax, request.signal);
      // What was still on its way when the process died never arrives.
      if (!life.alive) return new Promise<never>(() => undefined);
      const separator = request.url.includes("?") ? "&" : "?";
      const trace = /messageTraces|MessageTrace/.test(request.url) && !/skiptoken/i.test(request.url);
      const url = trace ? `${request.url.replace(/&?(\$|%24)top=\d+/i, "")}${separator}$top=${pageRows}` : request.url;
      return inner({ ...request, url });
    };
  }

  #commitFault(): { before?: Error; after?: Error } {
    if (this.clock.nowMs() >= this.scenario.calmMs || this.#random() >= this.scenario.commitFaultShare) return {};
    const fault = new Fault("store-failed", { detail: "simulated" });
    this.invariants.commitFailed();
    return this.#random() < 0.5 ? { before: fault } : { after: fault };
  }

  async #act(act: Act): Promise<void> {
    if (act.kind === "clock") {
      this.#skewMs = act.byMs;
      return;
    }
    if (act.kind === "die" && this.#life) {
      this.#life.diesAt = this.#life.calls + act.afterCalls;
      this.#life.diesAfterEffect = act.afterEffect;
      this.#downMs = act.downMs;
      return;
    }
    const app = this.#app;
    if (!app) return;
    if (act.kind === "restart") {
      await this.#stop();
      this.#bootAtMs = this.clock.nowMs() + act.downMs;
    } else if ("source" in act) await this.#operate(app, act);
  }

  async #operate(app: App, act: Extract<Act, { source: number }>): Promise<void> {
    const id = this.#ids[act.source];
    const known = id === undefined ? undefined : app.definitions.get(id);
    if (!known || id === undefined) return;
    const through = <T>(work: Promise<T>) => this.#through(work);
    if (act.kind === "pause") {
      await through(app.definitions.pause(id, true));
      await this.#runUntil(this.clock.nowMs() + act.forMs);
      if (this.#app) await through(this.#app.definitions.pause(id, false));
    } else if (act.kind === "replace") {
      await through(app.definitions.replace(id, this.#body(act.source), known.record.revision));
    } else if (act.kind === "backfill") {
      const nowMs = this.clock.nowMs() + this.#skewMs;
      await through(app.operations.backfill(known, { startMs: nowMs - act.backMs, endMs: nowMs - act.backMs / 2 }, false));
    } else {
      this.#ids[act.source] = undefined;
      await through(app.definitions.remove(id).then(({ gone }) => gone));
      this.invariants.deleted(this.scenario.sources[act.source]!.name);
      await this.#runUntil(this.clock.nowMs() + act.backAfterMs);
      await this.#create(act.source);
    }
  }

  /** Runs the clock until an operator's request is answered, or the process died over it. */
  async #through(work: Promise<unknown>): Promise<void> {
    let over = false;
    const mark = () => {
      over = true;
    };
    work.then(mark, mark);
    while (!over && this.#life?.alive) await this.clock.runUntil(this.clock.nowMs() + 200);
  }

  async #create(index: number): Promise<void> {
    for (;;) {
      while (!this.#app) await this.#runUntil(this.clock.nowMs() + 60_000);
      const app = this.#app;
      await this.#through(app.definitions.create(100_000_000, this.#body(index)).catch(() => undefined));
      await this.#runUntil(this.clock.nowMs() + 1);
      const name = this.scenario.sources[index]!.name;
      while (!this.#app) await this.#runUntil(this.clock.nowMs() + 60_000);
      this.#ids[index] = this.#app.definitions.list().find((source) => source.config.name === name && !source.record.stopping)?.record.id;
      if (this.#ids[index] !== undefined) return;
    }
  }

  #sourceOf(id: number): ScenarioSource {
    const at = this.#ids.indexOf(id);
    if (at >= 0) return this.scenario.sources[at]!;
    const name = this.#app?.definitions.get(id)?.config.name;
    return this.scenario.sources.find((source) => source.name === name) ?? this.scenario.sources[0]!;
  }

  #body(index: number): unknown {
    const { name, api, config } = this.scenario.sources[index]!;
    const { interval, offset, ...ours } = config;
    const tenant = api === "graph" ? DEMO_GRAPH_TENANT : DEMO_REPORTING_TENANT;
    const ids = { app_client_id: tenant.clientId, directory_tenant_id: tenant.tenantId, client_secret: tenant.clientSecret };
    const start = new Date(START_MS - 3_600_000).toISOString();
    return { schemaRef: { type: "MS Exchange Trace Logs" }, sourceType: "Universal", config: { name, ...ids, polling_interval: interval, time_offset: offset, start, ...ours } };
  }

  async #stop(): Promise<void> {
    const app = this.#app;
    this.#app = undefined;
    if (app) await this.#through(app.stop());
    if (this.#life) this.#life.alive = false;
  }
}
