/** The web over real HTTP on loopback: real definitions, operations and store (in memory), a supervisor that shows what a test says. */
import assert from "node:assert/strict";
import { createServer, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { App } from "../../service/app.js";
import { createCollectors, type Collectors } from "../../service/collect/collectors.js";
import { createDefinitions } from "../../service/collect/definitions.js";
import { NO_TOTALS } from "../../service/collect/journal.js";
import { createOperations } from "../../service/collect/operations.js";
import { createRecent, type Recent } from "../../service/collect/recent.js";
import type { SourceState, Supervisor } from "../../service/collect/supervisor.js";
import { emptyCoverage } from "../../service/core/coverage.js";
import { reached, STARTING } from "../../service/core/health.js";
import type { Clock, Sink } from "../../service/ports.js";
import { answerMalformed } from "../../service/malformed.js";
import { sourceTypeOf } from "../../service/sources/registry.js";
import { createLog } from "../../service/system/log.js";
import { createMetrics, type Metrics } from "../../service/system/metrics.js";
import { createSealer } from "../../service/store/sealer.js";
import { openSqliteStore } from "../../service/store/sqlite.js";
import type { WholeStore } from "../../service/store/sql-store.js";
import { createAccessKeys, type AccessKey } from "../../service/web/access-keys.js";
import { createWeb, type Readiness, type RequestEntry, type WebOptions } from "../../service/web/index.js";

export const COLLECTOR_ID = 100_000_000;
export const KEY: AccessKey = { accessId: "suTestTestTest00", accessKey: "correct horse: battery é" };
export const CLIENT_SECRET = "Very~Secret-Value.8";
export const NOW_MS = Date.parse("2026-11-22T13:00:00Z");

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed; throws when the body is no JSON. */
  readonly json: never;
}
export interface Sent {
  readonly body?: unknown;
  /** Bytes as they are, in place of JSON of `body`. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Basic credentials; null sends none. */
  readonly key?: AccessKey | null;
}

export interface TestClock extends Clock {
  now: number;
  /** Ends every sleep under way. */
  ring(): void;
  /** Resolves when somebody sleeps. */
  asleep(): Promise<void>;
}

export interface Bench {
  readonly send: (method: string, path: string, sent?: Sent) => Promise<Reply>;
  readonly url: string;
  readonly app: App;
  readonly store: WholeStore;
  readonly recent: Recent;
  readonly clock: TestClock;
  readonly metrics: Metrics;
  readonly log: RequestEntry[];
  /** What the supervisor shows of a source; by default one that has just begun. */
  readonly states: Map<number, Partial<SourceState>>;
  readonly supervisor: TestSupervisor;
  readiness: () => Promise<Readiness>;
  close(): Promise<void>;
}

export interface TestSupervisor extends Supervisor {
  readonly started: number[];
  /** While set, workers do not end and changes are not applied. */
  held: Promise<void> | undefined;
}

/** A definition of generation 2.0. */
export function definition(config: Readonly<Record<string, unknown>> = {}): unknown {
  const ids = { clientID: "11111111-2222-3333-4444-555555555555", tenantID: "66666666-7777-8888-9999-aaaaaaaaaaaa" };
  return { source: { sourceType: "Universal", schemaRef: { type: "MS Exchange Trace Logs" }, config: { ...ids, clientSecret: CLIENT_SECRET, ...config } } };
}

/** What a test puts in place of the bench's own. */
export interface Replaced {
  readonly store?: Partial<WholeStore>;
  /** The same, made of the bench's own store. */
  readonly wrap?: (store: WholeStore) => Partial<WholeStore>;
  readonly web?: Partial<WebOptions> | ((parts: { readonly app: App; readonly collectors: Collectors; readonly store: WholeStore; readonly clock: TestClock }) => Partial<WebOptions>);
  /** Stands before the web: may answer, cut or pass on. */
  readonly before?: (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
}

export async function openBench(replaced: Replaced = {}): Promise<Bench> {
  const clock = testClock();
  const memory = await openSqliteStore({ path: ":memory:", sealer: createSealer(new Uint8Array(32).fill(7)), clock });
  const store: WholeStore = { ...memory, ...replaced.store, ...replaced.wrap?.(memory) };
  const states: Bench["states"] = new Map();
  const supervisor = testSupervisor(states);
  const metrics = createMetrics(clock);
  const { observe } = metrics;
  const definitions = createDefinitions({ store, clock, random: Math.random, supervisor, sourceTypeOf, destinations: new Set(["default", "archive"]), observe, graceMs: 1000 });
  const operations = createOperations({ definitions, supervisor, store, clock, observe });
  const app: App = { definitions, supervisor, operations, destinations: new Map<string, Sink>(), setDestinations: () => undefined, start: () => definitions.start(), stop: async () => undefined };
  const collectors = createCollectors({ store, clock, definitions, defaultId: COLLECTOR_ID });
  const recent = createRecent(clock);
  const log: RequestEntry[] = [];
  const bench = { app, store, recent, clock, metrics, log, states, supervisor, readiness: async (): Promise<Readiness> => ({ ready: true, reasons: [] }) };
  const web = createWeb(app, {
    accessKeys: createAccessKeys({ store, clock, given: KEY }),
    limits: { requestsPerMinute: 1e9, concurrent: 1000 },
    collectors, recent, metrics, clock, store,
    random: Math.random,
    readiness: () => bench.readiness(),
    defaultCollectorId: COLLECTOR_ID,
    version: "0.0.0",
    logRequest: (entry) => log.push(entry),
    ...(typeof replaced.web === "function" ? replaced.web({ app, collectors, store, clock }) : replaced.web),
  });
  const { before } = replaced;
  const server = createServer((request, response) => (before ? before(request, response, () => web(request, response)) : web(request, response)));
  server.on("clientError", answerMalformed(await createLog({ level: "silent", pretty: false, destination: { write: () => undefined } })));
  const url = await listen(server);
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await memory.close();
  };
  return Object.assign(bench, { url, close, send: (method: string, path: string, sent: Sent = {}) => send(url, method, path, sent) });
}

/** Posts a definition; answers its id and ETag. */
export async function post(bench: Bench, config: Readonly<Record<string, unknown>> = {}): Promise<{ id: number; etag: string; path: string }> {
  const reply = await bench.send("POST", "/api/v1/sources", { body: definition(config) });
  assert.equal(reply.status, 200, reply.text);
  const { id } = (reply.json as { source: { id: number } }).source;
  return { id, etag: reply.headers.etag ?? "", path: `/api/v1/sources/${id}` };
}

/** The log entry that fits, once it is there: a request is logged when its connection is done with it. */
export async function logged(bench: Bench, fits: (entry: RequestEntry) => boolean): Promise<RequestEntry> {
  for (;;) {
    const entry = bench.log.find(fits);
    if (entry) return entry;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function basic({ accessId, accessKey }: AccessKey): string {
  return `Basic ${Buffer.from(`${accessId}:${accessKey}`).toString("base64")}`;
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function send(url: string, method: string, path: string, { body, raw, headers = {}, key = KEY }: Sent): Promise<Reply> {
  const bytes = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const all = {
    ...(key ? { authorization: basic(key) } : {}),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(bytes === undefined ? {} : { "content-length": String(Buffer.byteLength(bytes)) }),
    ...headers,
  };
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ hostname, port, method, path, headers: all, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, get json() { return JSON.parse(text) as never; } });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(bytes);
  });
}

function testSupervisor(states: Bench["states"]): TestSupervisor {
  const supervisor: TestSupervisor = {
    started: [],
    held: undefined,
    start: ({ record }) => void supervisor.started.push(record.id),
    stop: async () => supervisor.held,
    stopAll: async () => undefined,
    async state(source) {
      const { record, config } = source;
      const given = states.get(record.id);
      const health = record.stopping ? reached(STARTING, "Stopping") : STARTING;
      return { health, paused: record.paused || config.paused, coverage: emptyCoverage(record.createdMs), totals: NO_TOTALS, nextMs: 0, ...given };
    },
    async edit(source, edit) {
      await supervisor.held;
      const { coverage } = await supervisor.state(source);
      states.set(source.record.id, { ...states.get(source.record.id), coverage: edit.change(coverage) });
    },
  };
  return supervisor;
}

function testClock(): TestClock {
  const sleepers = new Set<() => void>();
  const watchers: (() => void)[] = [];
  const clock: TestClock = {
    now: NOW_MS,
    nowMs: () => clock.now,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        const leave = () => void sleepers.delete(resolve);
        signal?.addEventListener("abort", () => (leave(), reject(signal.reason as Error)), { once: true });
        sleepers.add(resolve);
        for (const watcher of watchers.splice(0)) watcher();
      }),
    ring() {
      for (const wake of sleepers) wake();
      sleepers.clear();
    },
    asleep: () => (sleepers.size > 0 ? Promise.resolve() : new Promise((resolve) => watchers.push(resolve))),
  };
  return clock;
}
