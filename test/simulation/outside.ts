/** The world around the collector: Microsoft and two receivers, their slowness, and rows that come at the worst moment. */
import { DEMO_GRAPH_TENANT, DEMO_REPORTING_TENANT, demoTenants } from "../../service/emulator/demo-tenants.js";
import { createEmulator, type Emulator } from "../../service/emulator/emulator.js";
import { emulatorHttp } from "../../service/emulator/emulator-http.js";
import { Fault } from "../../service/core/fault.js";
import type { Http, HttpRequest, HttpResponse } from "../../service/ports.js";
import { dice, type Dice } from "./dice.js";
import type { Life } from "./mortal.js";
import type { Product } from "./product.js";
import { START_MS, type Destination, type Scenario } from "./scenario.js";
import type { Trace } from "./trace.js";
import type { VirtualClock } from "./virtual-clock.js";
import { WireRules } from "./wire-rules.js";

const HOUR_MS = 3_600_000;
const ORIGINS: Readonly<Record<Destination, string>> = { default: "http://emulator.test", second: "http://second.test" };
export const BASE_URL = ORIGINS.default;

export interface OutsideWatch {
  broken(thrown: unknown): void;
  /** Lines were taken, and the answer that said so never reached the collector. */
  unanswered(destination: Destination, serial: number): void;
}

export class Outside {
  readonly emulator: Emulator;
  readonly receivers: Readonly<Record<Destination, Emulator>>;
  readonly rules: WireRules;
  requests = 0;
  /** Rows put in so far. */
  injected = 0;
  readonly #scenario: Scenario;
  readonly #clock: VirtualClock;
  readonly #trace: Trace;
  readonly #watch: OutsideWatch;
  readonly #product: Product;
  readonly #die: Dice;

  constructor(scenario: Scenario, clock: VirtualClock, trace: Trace, watch: OutsideWatch, product: Product) {
    this.#scenario = scenario;
    this.#clock = clock;
    this.#trace = trace;
    this.#watch = watch;
    this.#product = product;
    this.#die = dice(scenario.seed, "outside");
    const { seed, flow, faults, secondFaults, acts, tokenLifetimeMs } = scenario;
    this.emulator = createEmulator({ clock, seed, baseUrl: BASE_URL, tenants: demoTenants(flow), faults, tokenLifetimeMs });
    this.receivers = {
      default: this.emulator,
      second: createEmulator({ clock, seed: `${seed}|second`, baseUrl: ORIGINS.second, tenants: [], faults: secondFaults }),
    };
    this.rules = new WireRules(scenario.storeFaultShare === 0 && !acts.some(({ kind }) => kind === "die" || kind === "freeze" || kind === "clock"));
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** Address of a destination's receiver. */
  receiverUrl(destination: Destination): string {
    return `${ORIGINS[destination]}/receiver/v1/http/simulated`;
  }

  /** The network of one life. */
  http(life: Life): Http {
    const stray = (request: { url: string }) => this.#watch.broken(new Error(`a request went to another origin: ${request.url}`));
    const first = emulatorHttp(this.emulator, this.#clock, { stray });
    const second = emulatorHttp(this.receivers.second, this.#clock, { stray });
    return async (request) => {
      this.requests += 1;
      const destination: Destination = request.url.startsWith(ORIGINS.second) ? "second" : "default";
      await this.#pass(request.signal);
      // What was still on its way when the process died never arrives.
      if (!life.alive) return new Promise<never>(() => undefined);
      const before = this.receivers[destination].ledger.totals();
      const response = await this.#exchange(request, destination === "second" ? second : first);
      const after = this.receivers[destination].ledger.totals();
      if (after.requests === before.requests) return response;
      return await this.#wayBack(response, request, life).catch((thrown: unknown) => {
        this.#watch.unanswered(destination, before.requests);
        throw thrown;
      });
    };
  }

  async #exchange(request: HttpRequest, inner: Http): Promise<HttpResponse> {
    const { pathname } = new URL(request.url);
    const api = pathname.endsWith("/messageTraces") ? "graph" : pathname.endsWith("/MessageTrace") ? "reporting" : undefined;
    if (api) this.#judge(() => this.rules.asked(api, request, this.#clock.nowMs()));
    if (api) this.#inject(request.url, api);
    try {
      const answer = await inner(api ? { ...request, url: this.#withSmallPages(request.url) } : request);
      // As any server dates its answers; the collector sets its clock by it.
      const response = { ...answer, headers: { date: new Date(this.#clock.nowMs()).toUTCString(), ...answer.headers } };
      this.#trace.add(this.#clock.nowMs(), `${request.method} ${request.url} ${response.status} ${response.body.byteLength}`);
      if (api) this.rules.answered(api, response, this.#clock.nowMs());
      else if (pathname.includes("/oauth2/")) this.rules.loggedIn(response);
      return response;
    } catch (thrown) {
      this.#trace.add(this.#clock.nowMs(), `${request.method} ${request.url} ${String(thrown)}`);
      throw thrown instanceof Fault ? this.#ownFault(thrown) : thrown;
    }
  }

  #judge(rule: () => void): void {
    try {
      rule();
    } catch (thrown) {
      this.#watch.broken(thrown);
    }
  }

  /** The fault as the product knows it: a copy of it has a class of its own. */
  #ownFault({ code, detail, status, retryAfterMs }: Fault): Fault {
    const options = { detail, status, retryAfterMs };
    return new this.#product.Fault(code, Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)));
  }

  async #wayBack(response: HttpResponse, request: HttpRequest, life: Life): Promise<HttpResponse> {
    await this.#pass(request.signal);
    if (!life.alive) throw new Error("nobody is there any more");
    return response;
  }

  async #pass(signal?: AbortSignal): Promise<void> {
    const { latencyMsMax } = this.#scenario;
    if (latencyMsMax > 0) await this.#clock.sleep(this.#die.between(0, latencyMsMax), signal);
    signal?.throwIfAborted();
  }

  #withSmallPages(url: string): string {
    if (/skiptoken/i.test(url)) return url;
    const plain = url.replace(/&?(\$|%24)top=\d+/i, "");
    return `${plain}${plain.includes("?") ? "&" : "?"}$top=${this.#scenario.pageRows}`;
  }

  /** Rows that become visible in the very moment of a request: at the edges of its window, or while its pages are read. */
  #inject(url: string, api: "graph" | "reporting"): void {
    const nowMs = this.#clock.nowMs();
    if (this.injected >= this.#scenario.injections || nowMs >= this.#scenario.calmMs || !this.#die.chance(0.15)) return;
    const [startMs, endMs] = [...decodeURIComponent(url).matchAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g)].map(([text]) => Date.parse(`${text}Z`));
    const recentMs = nowMs - this.#die.between(0, 15 * 60_000);
    const receivedMs = startMs === undefined || endMs === undefined ? recentMs : this.#die.pick([startMs, startMs, endMs - 1, endMs, recentMs]);
    // Not before sources begin: only a backfill would ask for it.
    if (receivedMs > nowMs || receivedMs < Math.max(nowMs - 6 * HOUR_MS, START_MS - HOUR_MS)) return;
    this.injected += 1;
    const visibleAtMs = nowMs + this.#die.pick([0, 0, 1000, 600_000]);
    const changes = this.#die.chance(0.4) ? [{ atMs: visibleAtMs + this.#die.between(1000, 900_000), patch: { status: "failed" as const } }] : [];
    const tenant = api === "graph" ? DEMO_GRAPH_TENANT : DEMO_REPORTING_TENANT;
    this.emulator.addRow(tenant.tenantId, { receivedMs, visibleAtMs, changes, ...(changes.length > 0 ? { status: "pending" as const } : {}) });
  }
}
