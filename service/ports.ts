/**
 * The interfaces between the collector and everything outside it. Read this file first.
 *
 * Glossary
 *   definition   what a user gives: {schemaRef, sourceType, config}
 *   config       the normalised meaning of a definition, one shape for both generations
 *   source       one definition, running: a tenant's message trace, read by one polling worker
 *   window       half-open interval of received time that is read as a whole
 *   page, row    one answer of the API; one message and one recipient in it
 *   turn         one pass of the loop: plan -> read page -> fold -> write -> commit
 *   fold         page -> fresh rows: drops what was delivered, keeps what is new or changed
 *   coverage     which intervals were read when, which are settled, which are gaps or stuck
 *   cursor       everything before it was read at least once and delivered: the oldest end of coverage
 *   frontier     the newest end of coverage
 *   settling     reading again behind the frontier until the horizon, for late rows and changed status
 *   fingerprint  64-bit memory of a delivered row
 *   sink         a destination, opened
 *   grant        a refresh token and the authorization code it came from
 *   budget       requests left to us in the tenant's running quota
 *   fault        the only error that edges throw; its remedy drives the loop and the health state
 *   settings     what the operator gives by environment
 *
 * Rules: time, network, randomness and disk come in through these interfaces; edges throw `Fault`; an aborted signal
 * makes a call reject with the signal's reason; everything may be called again.
 */
import type { ChangeSet, ChangeStore } from "./core/changes.js";
import type { ApiLimits, Page, Window } from "./core/model.js";
import type { RequestOutcome } from "./core/happening.js";

export type { Happening, Observe, RequestOutcome } from "./core/happening.js";

// ---------------------------------------------------------------------------------------------- the machine

export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  nowMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted before. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A number in [0, 1), for jitter. */
export type Random = () => number;

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** From sending to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Bound on the decompressed body. */
  readonly bytesMax: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decompressed, whole. */
  readonly body: Uint8Array;
}

/**
 * One request, whole answer, redirects not followed, any status is an answer.
 * Throws Fault: unreachable (nothing was sent), connection-cut, timeout, answer-too-large.
 */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

/** What a sink that writes files needs of the disk. Throws Fault destination-full or destination-error. */
export interface Disk {
  /** Opens for appending, making the file and its folder (mode 0640 / 0750) where missing. */
  append(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** Compresses `from` into `to` with gzip, durably, then removes `from`. */
  gzip(from: string, to: string): Promise<void>;
  /** Names in the folder, sorted; empty when it is not there. */
  list(folder: string): Promise<readonly string[]>;
}
export interface DiskFile {
  readonly sizeBytes: number;
  /** Appends all or nothing: a failed write is truncated away before it throws. */
  write(bytes: Uint8Array): Promise<void>;
  /** Returns when everything written is durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

// ---------------------------------------------------------------------------------------------- definitions

/** A secret as a definition gives it: the value, or where to find it ("env:NAME", "file:/path"). */
export type Secret = string | { readonly secretRef: string };
/** Value of a secret; read anew at each call so that rotation works. Throws Fault secret-unresolved. */
export type ResolveSecret = (secret: Secret) => Promise<string>;

export type Cloud = "global" | "gcc-high" | "dod" | "china";
export type Api = "graph" | "reporting";

/** The normalised meaning of both generations of config: what the rest of the collector sees. */
export interface SourceConfig {
  readonly generation: "1.0" | "2.0";
  readonly name: string;
  readonly description?: string;
  readonly category?: string;
  readonly fields: Readonly<Record<string, string | boolean>>;
  readonly clientId: string;
  readonly tenantId: string;
  readonly clientSecret: Secret;
  readonly authorizationCode?: Secret;
  readonly pollingIntervalMs: number;
  readonly timeOffsetMs: number;
  readonly api: Api;
  readonly cloud: Cloud;
  /** Where a new source starts: an instant, or a duration before its creation. */
  readonly start: { readonly atMs: number } | { readonly backMs: number };
  readonly destinations: readonly string[];
  readonly paused: boolean;
  /** Rows younger than this are read again; 0 switches settling off. */
  readonly settleHorizonMs: number;
  readonly statusChanges: "every" | "final" | "off";
  readonly annotate: boolean;
  readonly catchUp: "oldest" | "newest";
  /** Share of the tenant's quota left to its own administrators, 0 to 0.9. */
  readonly budgetReserve: number;
}

// ---------------------------------------------------------------------------------------------- sources

/** A kind of source: one folder under sources/, found through its registry. */
export interface SourceType {
  readonly slug: string;
  /** schemaRef.type that is answered. */
  readonly type: string;
  readonly aliases: readonly string[];
  readonly limits: Readonly<Record<Api, ApiLimits>>;
  connect(config: SourceConfig, ports: SourcePorts): Source;
}

export interface SourcePorts {
  readonly http: Http;
  readonly clock: Clock;
  readonly hosts: MicrosoftHosts;
  /** An access token for this source's app and API. `refused` names a token that the API refused: a fresh one is fetched. */
  accessToken(signal: AbortSignal, refused?: string): Promise<string>;
  /** Waits for a place in the tenant's budget; call before every request to the trace API. */
  permit(signal: AbortSignal): Promise<void>;
  /** Tells of a finished request: its HTTP status or the fault that came in its place. */
  observe(outcome: RequestOutcome): void;
}

export interface Source {
  readonly limits: ApiLimits;
  /** What reading does, in the smallest form: token and one request for one row. */
  check(signal: AbortSignal): Promise<void>;
  /** Rows whose received time is in the window, newest first as the API gives them; may yield rows outside: fold drops them. */
  read(window: Window, signal: AbortSignal): AsyncIterable<Page>;
}

/** Base URLs without trailing slash, of one cloud. */
export interface MicrosoftHosts {
  readonly login: string;
  readonly graph: string;
  readonly reporting: string;
  /** Audience (v1 resource, v2 scope without "/.default") of the reporting API. */
  readonly reportingAudience: string;
  readonly graphAudience: string;
}

// ---------------------------------------------------------------------------------------------- identity

export interface Credentials {
  readonly loginUrl: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly authorizationCode?: Secret;
  /** Audience URL, e.g. https://graph.microsoft.com */
  readonly audience: string;
  /** Reporting uses the v1 endpoint with `resource`, Graph the v2 endpoint with `scope`. */
  readonly endpoint: "v1" | "v2";
}
export interface Identity {
  /** A token valid for some minutes more. Shared by sources of the same app; one request at a time per app. */
  accessToken(credentials: Credentials, signal: AbortSignal, refused?: string): Promise<string>;
}

// ---------------------------------------------------------------------------------------------- sinks

/** A kind of destination: one file under sinks/, found through its registry. */
export interface SinkType<Config = unknown> {
  readonly type: string;
  open(name: string, config: Config, ports: SinkPorts): Sink;
}
export interface SinkPorts {
  readonly http: Http;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly resolveSecret: ResolveSecret;
  /** Standard output of the process, for the sink of that name. */
  readonly stdout: (text: string) => Promise<void>;
}
export interface Sink {
  readonly limits: { readonly batchBytesMax: number; readonly batchRowsMax: number };
  check(signal: AbortSignal): Promise<void>;
  /** Resolves when the destination has taken every line durably. Throws Fault destination-*; on a fault nothing may be assumed. */
  write(batch: Batch, signal: AbortSignal): Promise<Receipt>;
  close(): Promise<void>;
}
export interface Batch {
  readonly id: string;
  /** JSON objects without line feeds. */
  readonly lines: readonly string[];
  /** UTF-8 size of the lines with one line feed each. */
  readonly bytes: number;
  readonly origin: {
    readonly sourceId: number;
    readonly name: string;
    readonly category?: string;
    readonly fields: Readonly<Record<string, string | boolean>>;
  };
}
export interface Receipt {
  /** Bytes on the wire. */
  readonly sentBytes: number;
  /** The destination took the rows and complained (Sumo: 200 with a body). */
  readonly warning?: string;
}

// ---------------------------------------------------------------------------------------------- store

/** A definition as it is stored. `config` holds no secret: `secrets` does, by JSON pointer, and is sealed at rest. */
export interface SourceRecord {
  readonly id: number;
  readonly collectorId: number;
  /** Grows by one with each change of the definition; ETags are made of it. */
  readonly revision: number;
  readonly schemaRef: { readonly type: string; readonly version?: string };
  /** The user's config, secrets masked. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly createdMs: number;
  readonly changedMs: number;
  /** Set by pause and resume, beside config.paused. */
  readonly paused: boolean;
  /** Being deleted: its worker must stop, then the record goes. */
  readonly stopping: boolean;
}

/** What a worker knows of its source between turns. Opaque JSON to the store but for `revision`. */
export interface Progress {
  /** Fencing: each commit names the revision it builds on. */
  readonly revision: number;
  /** JSON of core/coverage.ts; undefined before the first turn. */
  readonly coverage: unknown;
  /** JSON of running totals. */
  readonly totals: unknown;
}
export interface Bucket {
  readonly startMs: number;
  readonly blob: Uint8Array;
}
export interface Commit {
  readonly coverage: unknown;
  readonly totals: unknown;
  readonly buckets: readonly Bucket[];
  /** Buckets that start before this instant are dropped. */
  readonly forgetBeforeMs?: number;
  /** Buckets that overlap this window are dropped (rewind, backfill again). */
  readonly forget?: Window;
  /** Rows taken by some destinations only, by destination name; replaces what was there. */
  readonly partial?: Readonly<Record<string, Uint8Array>>;
}

export interface Grant {
  readonly refreshToken: string;
}
export interface RequestRecord {
  /** Times of requests inside the quota's interval, ms, ascending. */
  readonly timesMs: readonly number[];
  /** Nothing before this instant: the tenant was told to wait. */
  readonly pausedUntilMs: number;
}
export interface AccessKeyRecord {
  readonly id: string;
  /** Salted hash (scrypt), never the key. */
  readonly hash: string;
  readonly createdMs: number;
}
export interface EventRecord {
  readonly atMs: number;
  readonly sourceId?: number;
  /** "gap", "rewind", "source-created", ... */
  readonly kind: string;
  readonly detail: unknown;
}

/**
 * All state. Every method is one transaction and durable when it resolves. Throws Fault store-full, store-failed, fenced.
 * Secrets (`SourceRecord.secrets`, grants) are sealed at rest by the adapter.
 */
export interface Store {
  /** Never reused, nine digits. */
  nextId(): Promise<number>;
  sources(): Promise<readonly SourceRecord[]>;
  insertSource(record: SourceRecord): Promise<void>;
  /** False when the stored revision is not `expectedRevision`. */
  replaceSource(record: SourceRecord, expectedRevision: number): Promise<boolean>;
  /** Removes the definition with its progress, buckets and partial takes. */
  deleteSource(id: number): Promise<void>;

  progress(sourceId: number): Promise<Progress>;
  /** Buckets whose start is in [startMs, endMs). */
  buckets(sourceId: number, startMs: number, endMs: number): Promise<readonly Bucket[]>;
  partial(sourceId: number): Promise<Readonly<Record<string, Uint8Array>>>;
  /** All of it or nothing; returns the new revision. Throws Fault fenced when the revision is not the expected one. */
  commit(sourceId: number, expectedRevision: number, commit: Commit): Promise<number>;

  grant(key: string): Promise<Grant | undefined>;
  saveGrant(key: string, grant: Grant): Promise<void>;
  /** True the first time only: whoever gets true may redeem the code. `release` gives it back when it provably was not sent. */
  claimCode(codeHash: string): Promise<boolean>;
  releaseCode(codeHash: string): Promise<void>;

  requests(budgetKey: string): Promise<RequestRecord>;
  saveRequests(budgetKey: string, record: RequestRecord): Promise<void>;

  accessKeys(): Promise<readonly AccessKeyRecord[]>;
  saveAccessKey(record: AccessKeyRecord): Promise<void>;
  /** 64 bits that make fingerprints of this store unguessable; made once. */
  fingerprintSalt(): Promise<string>;

  appendEvent(event: EventRecord): Promise<void>;
  /** Newest first. */
  events(filter: { sourceId?: number; limit: number }): Promise<readonly EventRecord[]>;
  /** Reads and writes: for /readyz. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Configuration from files: core/changes.ts of our definitions. */
export type ConfigChangeSet = ChangeSet<SourceRecord>;
export type ConfigStore = ChangeStore<SourceRecord>;
