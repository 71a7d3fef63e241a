/** One life of the collector's own process, and its API as a client sees it. */
import fetch from "node-fetch";
import { ENVIRONMENT } from "../../service/environment.js";
import type { HealthView } from "../../service/core/health.js";
import { startProgram, type End, type Program } from "./program.js";
import { until } from "./until.js";

export const ACCESS = { accessId: "suEndToEnd", accessKey: "end-to-end-access-key-0001" } as const;

const LIST_MS = 80;

export interface CollectorOptions {
  /** Arguments of node. */
  readonly main: readonly string[];
  readonly dataDir: string;
  /** Origin of the emulator. */
  readonly microsoft?: string;
  readonly destinations?: string;
  /** Absent: the first start makes its own. */
  readonly access?: Access;
  readonly environment?: Readonly<Record<string, string>>;
}
export interface Access {
  readonly accessId: string;
  readonly accessKey: string;
}
export interface Reply {
  readonly status: number;
  readonly text: string;
  /** Parsed; undefined when it is no JSON. */
  readonly json: unknown;
}
export interface ShownSource {
  readonly id: number;
  readonly name: string;
  readonly state: HealthView;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Everything that any API answered, for the hunt for secrets; of answers that differ in figures only, the last. */
export const answers = new Map<string, string>();

/** Starts a collector; does not wait. */
export function launchCollector({ main, dataDir, microsoft, destinations, access, environment }: CollectorOptions): Program {
  return startProgram(main, {
    [ENVIRONMENT.dataDir]: dataDir,
    [ENVIRONMENT.port]: "0",
    [ENVIRONMENT.logLevel]: "debug",
    ...(microsoft === undefined ? {} : { [ENVIRONMENT.loginUrl]: `${microsoft}/login`, [ENVIRONMENT.graphUrl]: `${microsoft}/graph`, [ENVIRONMENT.reportingUrl]: `${microsoft}/reporting` }),
    ...(destinations === undefined ? {} : { [ENVIRONMENT.destinations]: destinations }),
    ...(access === undefined ? {} : { [ENVIRONMENT.accessId]: access.accessId, [ENVIRONMENT.accessKey]: access.accessKey }),
    ...environment,
  });
}

export class Collector {
  readonly program: Program;
  readonly url: string;
  readonly #authorization: string;
  #listed: Promise<readonly ShownSource[]> = Promise.resolve([]);
  #listedMs = Number.NEGATIVE_INFINITY;

  constructor(program: Program, url: string, access: Access) {
    this.program = program;
    this.url = url;
    this.#authorization = `Basic ${Buffer.from(`${access.accessId}:${access.accessKey}`).toString("base64")}`;
  }

  /** Starts one and waits until it listens. */
  static async start(options: CollectorOptions): Promise<Collector> {
    const program = launchCollector(options);
    return new Collector(program, await listening(program), options.access ?? ACCESS);
  }

  async call(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { Authorization: this.#authorization, "Content-Type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    answers.set(text.replaceAll(/\d+/g, "0"), text);
    return { status: response.status, text, json: parsed(text) };
  }

  /** All sources, as they were shown within the last moments: many tests wait for many states of the same list. */
  sources(): Promise<readonly ShownSource[]> {
    if (performance.now() - this.#listedMs > LIST_MS) {
      this.#listedMs = performance.now();
      this.#listed = this.expect(200, "GET", "/api/v1/sources").then((answer) => (answer as { sources: ShownSource[] }).sources);
    }
    return this.#listed;
  }

  /** Posts a definition; its source. */
  async post(definition: unknown): Promise<ShownSource> {
    return (await this.expect(200, "POST", "/api/v1/sources", definition) as { source: ShownSource }).source;
  }

  async put(id: number, definition: unknown): Promise<void> {
    await this.expect(200, "PUT", `/api/v1/sources/${id}`, definition, { "If-Match": await this.#etag(id) });
    this.#listedMs = Number.NEGATIVE_INFINITY;
  }

  async restart(id: number): Promise<void> {
    await this.expect(200, "POST", `/api/v1/sources/${id}/action/restart`);
    this.#listedMs = Number.NEGATIVE_INFINITY;
  }

  async expect(status: number, method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<unknown> {
    const reply = await this.call(method, path, body, headers);
    if (reply.status !== status) throw new Error(`${method} ${path} answered ${reply.status}: ${reply.text}`);
    return reply.json;
  }

  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<End> {
    return this.program.signal("SIGKILL");
  }
  stop(): Promise<End> {
    return this.program.signal("SIGTERM");
  }

  async #etag(id: number): Promise<string> {
    const response = await fetch(`${this.url}/api/v1/sources/${id}`, { headers: { Authorization: this.#authorization } });
    await response.text();
    return response.headers.get("etag") ?? "*";
  }
}

/** The address that a starting collector logs. Throws Error when it ends instead. */
export async function listening(program: Program): Promise<string> {
  return (await program.says(/"url":"([^"]+)"/))[1]!;
}

/** Log lines as objects. */
export function logOf(program: Program): readonly Record<string, unknown>[] {
  return program.said.out.split("\n").flatMap((line) => {
    const entry = parsed(line);
    return typeof entry === "object" && entry !== null ? [entry as Record<string, unknown>] : [];
  });
}

/** Waits until the source is shown as wanted. */
export function untilShown(collector: Collector, id: number, what: string, wanted: (state: HealthView) => boolean): Promise<HealthView> {
  let last: HealthView | undefined;
  return until(`source ${id} shown as ${what}`, async () => {
    last = (await collector.sources()).find((source) => source.id === id)?.state;
    return last !== undefined && wanted(last) ? last : undefined;
  }, () => last);
}

export const isCollecting = (state: HealthView): boolean => state.state === "Collecting" && state.recovering === undefined;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
