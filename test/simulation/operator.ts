/** Somebody who runs the collector: makes sources, changes them, and does what a fault asks for. */
import assert from "node:assert/strict";
import type { App } from "../../service/app.js";
import { DefinitionRefused } from "../../service/collect/definitions.js";
import type { KnownSource } from "../../service/collect/wiring.js";
import { DEMO_GRAPH_TENANT, DEMO_REPORTING_TENANT } from "../../service/emulator/demo-tenants.js";
import type { OperatorAct } from "./acts.js";
import { tenantIdOf } from "./invariants.js";
import type { Outside } from "./outside.js";
import { START_MS, type Scenario } from "./scenario.js";

const MINUTE_MS = 60_000;
const COLLECTOR_ID = 100_000_000;
/** Tries before an operator gives up and calls it a defect; between them a minute or a death. */
const TRIES_MAX = 60;

/** What the operator needs of the world. */
export interface Surroundings {
  readonly scenario: Scenario;
  readonly outside: Outside;
  /** The collector that answers now; undefined while none does. */
  app(): App | undefined;
  /** Lets time pass until the work is done; undefined when the process died over it. Throws what the work throws. */
  through<T>(work: Promise<T>): Promise<{ readonly value: T } | undefined>;
  runUntil(atMs: number): Promise<void>;
  /** What the collector's host says the time is. */
  hostMs(): number;
}

export class Operator {
  readonly #world: Surroundings;
  /** Config of each source as it was last sent; undefined while it is deleted. */
  readonly #configs: (Record<string, unknown> | undefined)[];
  readonly #codes: (string | undefined)[];
  /** Fresh consents that were given. */
  consents = 0;

  constructor(world: Surroundings) {
    this.#world = world;
    const { sources } = world.scenario;
    this.#configs = sources.map(() => undefined);
    const first = sources.findIndex(({ byCode, api }) => byCode && api === "reporting");
    this.#codes = sources.map((source, at) => {
      if (!source.byCode) return undefined;
      return at === first ? DEMO_REPORTING_TENANT.code : world.outside.emulator.issueCode(tenantIdOf(source));
    });
  }

  async createAll(): Promise<void> {
    for (const at of this.#configs.keys()) await this.#create(at);
  }

  async act(act: OperatorAct): Promise<void> {
    const { source } = act;
    if (!this.#configs[source]) return;
    switch (act.kind) {
      case "pause":
        await this.#pause(source, true);
        await this.#world.runUntil(this.#world.outside.nowMs() + act.forMs);
        return await this.#pause(source, false);
      case "replace":
        this.#configs[source] = { ...this.#configs[source], ...act.change };
        return await this.#put(source);
      case "delete":
        this.#configs[source] = undefined;
        await this.#remove(source);
        await this.#world.runUntil(this.#world.outside.nowMs() + act.backAfterMs);
        return await this.#create(source);
      default:
        return await this.#reread(act);
    }
  }

  /** Gives a fresh authorization code where a fault asks for one. */
  async consent(): Promise<void> {
    for (const [at, source] of this.#world.scenario.sources.entries()) {
      const known = this.#known(at);
      if (!known || !source.byCode || !this.#configs[at]) continue;
      // Where the store fails, the next look shows it.
      const state = await this.#world.through(this.#world.app()!.supervisor.state(known).catch(() => undefined));
      const code = state?.value?.health.trouble?.code;
      if (code !== "code-expired" && code !== "code-used") continue;
      this.consents += 1;
      this.#codes[at] = this.#world.outside.emulator.issueCode(tenantIdOf(source));
      await this.#put(at);
    }
  }

  /** Sources by name, as the collector has them. */
  known(): ReadonlyMap<string, KnownSource> {
    return new Map(this.#configs.flatMap((_, at) => {
      const known = this.#known(at);
      return known ? [[known.config.name, known] as const] : [];
    }));
  }

  #known(at: number): KnownSource | undefined {
    const { name } = this.#world.scenario.sources[at]!;
    return this.#world.app()?.definitions.list().find((one) => one.config.name === name && !one.record.stopping);
  }

  /** Tries until it is done: after a death, a failing store, a change in between. */
  async #insist(what: string, attempt: (app: App) => Promise<unknown> | undefined): Promise<void> {
    let last: unknown;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const app = this.#world.app();
      const work = app && attempt(app);
      if (app && !work) return;
      try {
        if (work && (await this.#world.through(work))) return;
      } catch (thrown) {
        last = thrown;
      }
      await this.#world.runUntil(this.#world.outside.nowMs() + MINUTE_MS);
    }
    const why = last instanceof DefinitionRefused ? JSON.stringify(last.refusal) : String(last);
    assert.fail(`${what} was tried ${TRIES_MAX} times in vain: ${why}`);
  }

  async #create(at: number): Promise<void> {
    const { config } = this.#world.scenario.sources[at]!;
    this.#configs[at] = { ...config };
    await this.#insist("create", (app) => (this.#known(at) ? undefined : app.definitions.create(COLLECTOR_ID, this.#body(at))));
  }

  async #put(at: number): Promise<void> {
    await this.#insist("replace", (app) => {
      const known = this.#known(at);
      return known ? app.definitions.replace(known.record.id, this.#body(at), known.record.revision) : undefined;
    });
  }

  async #pause(at: number, paused: boolean): Promise<void> {
    await this.#insist(paused ? "pause" : "resume", (app) => {
      const known = this.#known(at);
      return known && known.record.paused !== paused ? app.definitions.pause(known.record.id, paused) : undefined;
    });
  }

  async #remove(at: number): Promise<void> {
    await this.#insist("delete", (app) => {
      const known = this.#known(at);
      return known && app.definitions.remove(known.record.id).then(({ gone }) => gone);
    });
  }

  /** Backfill, rewind, give up: once; what fails is not insisted on. */
  async #reread(act: Extract<OperatorAct, { kind: "backfill" | "rewind" | "give-up" }>): Promise<void> {
    const app = this.#world.app();
    const known = this.#known(act.source);
    if (!app || !known) return;
    const nowMs = this.#world.hostMs();
    const { operations } = app;
    try {
      if (act.kind === "rewind") return void (await this.#world.through(operations.rewind(known, nowMs - act.backMs)));
      const window = { startMs: nowMs - act.fromMs, endMs: nowMs - act.toMs };
      if (act.kind === "give-up") return void (await this.#world.through(operations.giveUp(known, window)));
      const begun = await this.#world.through(operations.backfill(known, window, act.again));
      if (act.cancel && begun) await this.#world.through(operations.cancelBackfill(known, begun.value.id));
    } catch {
      // A window that cannot be read, a store that fails, a source that is stopping: the operator is told so.
    }
  }

  #body(at: number): unknown {
    const { name, api, statusChanges, destinations, offsetMs } = this.#world.scenario.sources[at]!;
    const tenant = api === "graph" ? DEMO_GRAPH_TENANT : DEMO_REPORTING_TENANT;
    const config = {
      name, api, destinations,
      app_client_id: tenant.clientId,
      directory_tenant_id: tenant.tenantId,
      client_secret: tenant.clientSecret,
      ...(this.#codes[at] === undefined ? {} : { authorization_code: this.#codes[at] }),
      time_offset: offsetMs / 1000,
      status_changes: statusChanges,
      budget_reserve: this.#world.scenario.reserve,
      start: new Date(START_MS - 60 * MINUTE_MS).toISOString(),
      ...this.#configs[at],
    };
    return { schemaRef: { type: "MS Exchange Trace Logs" }, sourceType: "Universal", config };
  }
}
