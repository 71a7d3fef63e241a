/**
 * SumoLogic's Terraform provider, as far as the wire can tell: what it sends (transcript), in which order, how it repeats
 * (sumo-contract 1.5), and what its Go structs take for an answer (1.4). Written from these pages, not from its code.
 */
import { RawConnection, type RawReply } from "./raw-connection.js";

/** One request as it went over the wire. */
export interface Wired {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly ifMatch: string | undefined;
  readonly status: number;
  /** Number of the connection within the command. */
  readonly connection: number;
  /** 0 for the first, 1 for its first repetition. */
  readonly attempt: number;
  readonly atMs: number;
}
export interface ProviderOptions {
  /** As the user configures it. */
  readonly baseUrl: string;
  readonly accessId: string;
  readonly accessKey: string;
  /** Virtual time: the 250 ms between requests, and the waits before repetitions. */
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}
/** What a user reads: the raw body of the answer, or Go's own words. */
export class ProviderError extends Error {}

const SPACING_MS = 250;
const ATTEMPTS = 11;
const WAIT_MS_MAX = 30_000;

/** One process of the provider: one Terraform command. */
export class Command {
  readonly wire: Wired[] = [];
  readonly #options: ProviderOptions;
  readonly #open: RawConnection[] = [];
  #current: RawConnection | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  /** Ends the process: its connections with it. */
  end(): void {
    for (const connection of this.#open) connection.close();
  }

  /** GET; undefined for a 404, which takes the resource out of the state. */
  async get(path: string): Promise<string | undefined> {
    const reply = await this.#send("GET", path);
    if (reply.status === 404) return undefined;
    return accepted(reply);
  }
  async post(path: string, body: string): Promise<string> {
    return accepted(await this.#send("POST", path, body));
  }
  /** GET for its ETag alone, whatever its status; its body is never closed, so its connection is of no use any more. */
  async put(path: string, body: string): Promise<string> {
    const { headers } = await this.#send("GET", path);
    this.#current = undefined;
    return accepted(await this.#send("PUT", path, body, headers["etag"] ?? ""));
  }
  async delete(path: string): Promise<void> {
    accepted(await this.#send("DELETE", path));
  }

  async #send(method: string, path: string, body?: string, ifMatch?: string): Promise<RawReply> {
    const { nowMs, sleep } = this.#options;
    const early = this.#lastMs + SPACING_MS - nowMs();
    if (early > 0) await sleep(early);
    this.#lastMs = nowMs();
    for (let attempt = 0; ; attempt++) {
      const reply = await this.#try(method, path, body, ifMatch, attempt).catch((thrown: unknown) => thrown as Error);
      const retried = reply instanceof Error || reply.status === 429 || (reply.status >= 500 && reply.status !== 501);
      if (!retried) return reply;
      if (attempt === ATTEMPTS - 1) {
        if (reply instanceof Error) throw new ProviderError("panic: runtime error: invalid memory address or nil pointer dereference");
        return reply;
      }
      await sleep(waitMs(reply, attempt));
    }
  }

  async #try(method: string, path: string, body: string | undefined, ifMatch: string | undefined, attempt: number): Promise<RawReply> {
    const { baseUrl, accessId, accessKey, nowMs } = this.#options;
    const url = new URL(path, baseUrl);
    if (!this.#current?.isOpen) {
      this.#current = await RawConnection.open(url.hostname, Number(url.port));
      this.#open.push(this.#current);
    }
    const head = [
      `${method} ${url.pathname} HTTP/1.1`,
      `Host: ${url.host}`,
      "User-Agent: SumoLogicTerraformProvider/3.2.10",
      ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
      `Authorization: Basic ${Buffer.from(`${accessId}:${accessKey}`).toString("base64")}`,
      "Content-Type: application/json",
      ...(ifMatch === undefined ? [] : [`If-Match: ${ifMatch}`]),
      "Accept-Encoding: gzip",
    ];
    const connection = this.#open.indexOf(this.#current);
    const entry = { method, path: url.pathname, body: body ?? "", ifMatch, connection, attempt, atMs: nowMs() };
    const reply = await this.#current.exchange(`${head.join("\r\n")}\r\n\r\n${body ?? ""}`).catch((thrown: unknown) => {
      this.wire.push({ ...entry, status: 0 });
      throw thrown;
    });
    this.wire.push({ ...entry, status: reply.status });
    return reply;
  }
}

function waitMs(reply: RawReply | Error, attempt: number): number {
  const retryAfter = reply instanceof Error || ![429, 503].includes(reply.status) ? undefined : reply.headers["retry-after"];
  return retryAfter === undefined ? Math.min(WAIT_MS_MAX, 1000 * 2 ** attempt) : Number(retryAfter) * 1000;
}

function accepted({ status, text }: RawReply): string {
  if (status >= 400) throw new ProviderError(text);
  return text;
}

/** What the state holds of a collector. */
export interface CollectorState {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly timezone: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A collector's answer, by the provider's Go types. Throws what Go throws. */
export function decodeCollector(text: string): CollectorState {
  const collector = within(text, "collector", "Collector");
  const take = taker(collector, "Collector.collector");
  for (const key of ["collectorType", "collectorVersion", "hostName", "sourceSyncMode"]) take.string(key);
  for (const key of ["lastSeenAlive", "targetCpu", "cutoffTimestamp"]) take.integer(key);
  for (const key of ["alive", "ephemeral"]) take.boolean(key);
  for (const link of take.list("links")) for (const key of ["rel", "href"]) taker(link as Record<string, unknown>, "Link").string(key);
  const fields = take.object("fields");
  for (const [key, value] of Object.entries(fields)) if (typeof value !== "string") throw new ProviderError(`fields.${key}: '' expected type 'string'`);
  return { id: take.integer("id"), name: take.string("name"), description: take.string("description"), category: take.string("category"), timezone: take.string("timeZone"), fields: fields as Record<string, string> };
}

/** A source's answer: its id alone is kept. */
export function decodeSource(text: string): number {
  const source = within(text, "source", "CloudToCloudSource");
  const take = taker(source, "CloudToCloudSource.source");
  take.string("sourceType");
  taker(take.object("schemaRef"), "CloudToCloudSource.source.schemaRef").string("type");
  return take.integer("id");
}

/** Id of the first source in a list whose top-level name is this; undefined when there is none. */
export function decodeSourceNamed(text: string, name: string): number | undefined {
  const { sources } = JSON.parse(text) as { sources: Record<string, unknown>[] };
  const found = sources.find((source) => taker(source, "Source").string("name") === name);
  return found && taker(found, "Source").integer("id");
}

function within(text: string, key: string, struct: string): Record<string, unknown> {
  if (text === "") throw new ProviderError("unexpected end of JSON input");
  return taker(JSON.parse(text) as Record<string, unknown>, struct).object(key);
}

/** Absent and null are Go's zero values; everything else must have the type. */
function taker(holder: Record<string, unknown>, struct: string) {
  const take = <T>(key: string, type: string, fits: (value: unknown) => boolean, zero: T): T => {
    const value = holder[key] ?? zero;
    if (!fits(value)) throw new ProviderError(`json: cannot unmarshal ${typeof value} into Go struct field ${struct}.${key} of type ${type}`);
    return value as T;
  };
  return {
    string: (key: string) => take(key, "string", (value) => typeof value === "string", ""),
    integer: (key: string) => take(key, "int64", Number.isSafeInteger, 0),
    boolean: (key: string) => take(key, "bool", (value) => typeof value === "boolean", false),
    object: (key: string) => take<Record<string, unknown>>(key, "struct", (value) => typeof value === "object" && !Array.isArray(value), {}),
    list: (key: string) => take<unknown[]>(key, "[]struct", Array.isArray, []),
  };
}
