/** A scenario comes to life: the real collector, life after life, on one store, one virtual clock and one emulated world. */
import type { App, AppPorts } from "../../service/app.js";
import type { SourceStatus } from "../../service/collect/operations.js";
import { seededRandom } from "../../service/emulator/seeded-random.js";
import type { Clock, Disk, Store } from "../../service/ports.js";
import type { Act } from "./acts.js";
import { Invariants } from "./invariants.js";
import { mortalPorts, type CommitCall, type Life, type StoreWatch } from "./mortal.js";
import { Operator, type Surroundings } from "./operator.js";
import { BASE_URL, Outside } from "./outside.js";
import { PRODUCT, type Product } from "./product.js";
import { DESTINATIONS, START_MS, type Scenario } from "./scenario.js";
import { Trace } from "./trace.js";
import { isRight, judgeEnding } from "./verdict.js";
import { VirtualClock } from "./virtual-clock.js";

const MINUTE_MS = 60_000;
const GRACE_MS = 8000;
const NO_DISK = new Proxy({}, { get: () => () => Promise.reject(new Error("the simulation has no disk")) }) as Disk;

/** What a run was made of. */
export interface Sums {
  readonly virtualMs: number;
  readonly requests: number;
  readonly rows: number;
  readonly lines: number;
  readonly kills: number;
  readonly consents: number;
  /** How often each fault was shown. */
  readonly faults: Readonly<Record<string, number>>;
  /** Hash of everything that happened. */
  readonly trace: string;
}

export class World implements Surroundings {
  readonly scenario: Scenario;
  readonly outside: Outside;
  readonly #product: Product;
  readonly #clock: VirtualClock;
  readonly #trace = new Trace();
  readonly #invariants: Invariants;
  readonly #operator: Operator;
  readonly #random: () => number;
  readonly #chance: () => number;
  readonly #names = new Map<number, string>();
  #store!: Store;
  #app: App | undefined;
  #life: Life | undefined;
  #bootAtMs: number | undefined;
  #downMs = 1000;
  /** A death that was due while nobody lived: the next life has it. */
  #nextDeath: Extract<Act, { kind: "die" }> | undefined;
  /** The host's clock is ahead by this much, ms. */
  #skewMs = 0;
  #timers: { readonly atMs: number; run(): Promise<void> | void }[] = [];
  #kills = 0;

  constructor(scenario: Scenario, { product = PRODUCT, turns }: { product?: Product; turns?: number } = {}) {
    this.scenario = scenario;
    this.#product = product;
    this.#clock = new VirtualClock(START_MS, turns);
    this.#random = seededRandom(scenario.seed, "jitter");
    this.#chance = seededRandom(scenario.seed, "store");
    this.outside = new Outside(scenario, this.#clock, this.#trace, {
      broken: (thrown) => this.#invariants.breaks(thrown),
      unanswered: (destination, serial) => this.#invariants.unanswered(destination, serial),
    }, product);
    this.#invariants = new Invariants(this.outside, scenario);
    this.#operator = new Operator(this);
  }

  /** Plays the scenario to its end. Throws what is not as it must be. */
  async play(): Promise<Sums> {
    const bytes = seededRandom(this.scenario.seed, "bytes");
    const randomBytes = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(bytes() * 256));
    this.#store = await this.#product.openSqliteStore({ path: ":memory:", clock: this.#clock, sealer: this.#product.createSealer(new Uint8Array(32), randomBytes), randomBytes });
    try {
      this.#invariants.salt = await this.#store.fingerprintSalt();
      this.#bootAtMs = START_MS;
      this.#consentLater();
      const [early, acts] = [this.scenario.acts.filter(({ atMs }) => atMs <= START_MS), this.scenario.acts.filter(({ atMs }) => atMs > START_MS)];
      for (const act of early) await this.#act(act);
      await this.#operator.createAll();
      for (const act of acts) {
        await this.runUntil(act.atMs);
        await this.#act(act);
      }
      await this.runUntil(this.scenario.calmMs);
      this.#calm();
      await this.#recover();
      await this.#end();
      return this.#sums();
    } finally {
      if (this.#life) this.#life.alive = false;
      await this.#store.close();
    }
  }

  app(): App | undefined {
    return this.#app;
  }
  hostMs(): number {
    return this.#clock.nowMs() + this.#skewMs;
  }

  async runUntil(untilMs: number): Promise<void> {
    do {
      const nextMs = Math.min(untilMs, this.#bootAtMs ?? untilMs, ...this.#timers.map(({ atMs }) => atMs));
      await this.#clock.runUntil(Math.max(nextMs, this.#clock.nowMs()));
      this.#invariants.rethrow();
      const nowMs = this.#clock.nowMs();
      const due = this.#timers.filter(({ atMs }) => atMs <= nowMs);
      this.#timers = this.#timers.filter(({ atMs }) => atMs > nowMs);
      for (const timer of due) await timer.run();
      if (this.#bootAtMs !== undefined && nowMs >= this.#bootAtMs) await this.#boot();
    } while (this.#clock.nowMs() < untilMs);
  }

  async through<T>(work: Promise<T>, life = this.#life): Promise<{ readonly value: T } | undefined> {
    const state = { over: false };
    const mark = () => {
      state.over = true;
    };
    work.then(mark, mark);
    await this.#clock.settle();
    const waits = () => !state.over && life?.alive === true && !life.frozen;
    while (waits()) await this.#clock.runUntil(this.#clock.nowMs() + 200);
    this.#invariants.rethrow();
    return state.over ? { value: await work } : undefined;
  }

  #at(atMs: number, run: () => Promise<void> | void): void {
    this.#timers.push({ atMs, run });
  }

  #consentLater(): void {
    if (!this.scenario.sources.some(({ byCode }) => byCode)) return;
    this.#at(this.#clock.nowMs() + 10 * MINUTE_MS, async () => {
      await this.#operator.consent();
      this.#consentLater();
    });
  }

  async #boot(): Promise<void> {
    this.#bootAtMs = undefined;
    const death = this.#nextDeath;
    this.#nextDeath = undefined;
    const life: Life = { alive: true, frozen: undefined, calls: 0, diesAt: death?.afterCalls ?? Number.POSITIVE_INFINITY, diesAfterEffect: death?.afterEffect ?? false, died: () => this.#died(life) };
    this.#life = life;
    if (death) this.#downMs = death.downMs;
    const destinations = DESTINATIONS.map((name) => {
      const config = { url: this.outside.receiverUrl(name), compression: "none", compression_level: 1, batch_bytes_max: 3000, timeout_seconds: 30 };
      return [name, { type: "sumo-logic-http", config }] as const;
    });
    const microsoft = { login: `${BASE_URL}/login`, graph: `${BASE_URL}/graph`, reporting: `${BASE_URL}/reporting` };
    const start = async () => {
      const app = await this.#product.createApp({ destinations: new Map(destinations), microsoft, graceMs: GRACE_MS }, mortalPorts(this.#ports(life), life, this.#storeWatch()));
      await app.start();
      return app;
    };
    try {
      const app = await this.through(start(), life);
      if (app && life.alive) this.#app = app.value;
    } catch (thrown) {
      // A store that fails at the start ends the process; whoever watches it starts another.
      life.alive = false;
      if (!(thrown instanceof this.#product.Fault)) throw thrown;
      this.#bootAtMs = this.#clock.nowMs() + 5000;
    }
  }

  #died(life: Life): void {
    this.#kills += 1;
    this.#trace.add(this.#clock.nowMs(), "died");
    this.#invariants.excuseOpen();
    if (life !== this.#life) return;
    this.#app = undefined;
    this.#bootAtMs ??= this.#clock.nowMs() + this.#downMs;
  }

  #ports(life: Life): AppPorts {
    const clock: Clock = { nowMs: () => this.hostMs(), sleep: (ms, signal) => this.#clock.sleep(ms, signal) };
    return {
      clock,
      random: this.#random,
      http: this.outside.http(life),
      disk: NO_DISK,
      stdout: async () => undefined,
      store: this.#store,
      resolveSecret: async (secret) => (typeof secret === "string" ? secret : Promise.reject(new this.#product.Fault("secret-unresolved"))),
      observe: () => undefined,
    };
  }

  #storeWatch(): StoreWatch {
    return {
      called: (method, given) => {
        if (method === "insertSource") this.#names.set((given[0] as { id: number }).id, (given[0] as { config: { name: string } }).config.name);
      },
      fault: (method) => this.#storeFault(method),
      failed: (method, given) => {
        if (method === "commit") this.#invariants.excuseOpen(this.#names.get((given as CommitCall)[0]));
      },
      done: (method, given) => {
        this.#trace.add(this.#clock.nowMs(), `${method} ${method === "commit" ? (given as CommitCall)[1] : ""}`);
        if (method === "saveGrant") this.outside.rules.grantSaved((given[1] as { refreshToken: string }).refreshToken);
        if (method === "deleteSource") this.#invariants.deleted(this.#names.get(given[0] as number)!);
        if (method === "commit") this.#invariants.committed(this.#names.get((given as CommitCall)[0])!, (given as CommitCall)[2]);
      },
    };
  }

  #storeFault(method: keyof Store): { before?: Error; after?: Error } {
    const { calmMs, commitFaultShare, storeFaultShare } = this.scenario;
    const share = method === "commit" ? commitFaultShare : storeFaultShare;
    if (share === 0 || this.#clock.nowMs() >= calmMs || this.#chance() >= share) return {};
    const fault = new this.#product.Fault("store-failed", { detail: "simulated" });
    return this.#chance() < 0.5 ? { before: fault } : { after: fault };
  }

  async #act(act: Act): Promise<void> {
    switch (act.kind) {
      case "clock":
        this.#skewMs = act.byMs;
        return;
      case "die":
        return this.#condemn(act);
      case "freeze":
        return this.#freeze(act);
      case "restart":
        await this.#stop();
        this.#bootAtMs = this.#clock.nowMs() + act.downMs;
        return;
      default:
        await this.#operator.act(act);
    }
  }

  #condemn(act: Extract<Act, { kind: "die" }>): void {
    const life = this.#life;
    if (!life?.alive || !this.#app) this.#nextDeath = act;
    else {
      life.diesAt = life.calls + act.afterCalls;
      life.diesAfterEffect = act.afterEffect;
      this.#downMs = act.downMs;
    }
  }

  /** The process stands still; another takes over; then both go on for a while, and the old one is killed. */
  #freeze(act: Extract<Act, { kind: "freeze" }>): void {
    const life = this.#life;
    if (!life?.alive || !this.#app) return;
    this.#invariants.excuseOpen();
    const excuse = this.#invariants.fromNow();
    let thaw = (): void => undefined;
    life.frozen = new Promise((resolve) => {
      thaw = resolve;
    });
    this.#app = undefined;
    const nowMs = this.#clock.nowMs();
    this.#bootAtMs = nowMs + act.downMs;
    this.#at(nowMs + act.forMs, () => {
      life.frozen = undefined;
      thaw();
    });
    this.#at(nowMs + act.forMs + act.overlapMs, () => {
      life.alive = false;
      excuse();
      // What the other was about to send when it was fenced.
      this.#at(this.#clock.nowMs() + 10 * MINUTE_MS, excuse);
    });
  }

  /** From here on nothing goes wrong any more. */
  #calm(): void {
    this.#skewMs = 0;
    this.#nextDeath = undefined;
    if (this.#life) this.#life.diesAt = Number.POSITIVE_INFINITY;
  }

  async #stop(): Promise<void> {
    const app = this.#app;
    const life = this.#life;
    this.#app = undefined;
    if (app) await this.through(app.stop(), life);
    if (life) life.alive = false;
  }

  /** Until nothing is left to be done, and no longer than it may take. */
  async #recover(): Promise<void> {
    const { calmMs, endMs, horizonMs, sources } = this.scenario;
    await this.runUntil(Math.min(endMs, calmMs + horizonMs + Math.max(...sources.map(({ offsetMs }) => offsetMs)) + 15 * MINUTE_MS));
    while (this.#clock.nowMs() < endMs && !isRight(await this.#statuses(), this.scenario)) await this.runUntil(Math.min(endMs, this.#clock.nowMs() + 5 * MINUTE_MS));
  }

  async #statuses(): Promise<Map<string, SourceStatus>> {
    const statuses = new Map<string, SourceStatus>();
    for (const [name, known] of this.#operator.known()) {
      const status = await this.through(this.#app!.operations.status(known));
      if (status) statuses.set(name, status.value);
    }
    return statuses;
  }

  async #end(): Promise<void> {
    const statuses = await this.#statuses();
    const events = await this.#store.events({ limit: 20_000 });
    await this.#stop();
    this.#invariants.rethrow();
    judgeEnding({ scenario: this.scenario, outside: this.outside, invariants: this.#invariants, statuses, events });
  }

  #sums(): Sums {
    const { emulator, receivers, requests } = this.outside;
    const faults: Record<string, number> = {};
    for (const one of [emulator, receivers.second]) for (const [name, shown] of Object.entries(one.status().faults)) faults[name] = (faults[name] ?? 0) + shown;
    const rows = emulator.status().tenants.reduce((sum, { produced }) => sum + produced, 0);
    for (const one of DESTINATIONS) for (const { request, key, content } of receivers[one].ledger.taken()) this.#trace.add(request, `${one} ${key} ${content}`);
    const lines = DESTINATIONS.reduce((sum, one) => sum + receivers[one].ledger.totals().lines, 0);
    return { virtualMs: this.#clock.nowMs() - START_MS, requests, rows, lines, kills: this.#kills, consents: this.#operator.consents, faults, trace: this.#trace.digest() };
  }
}
