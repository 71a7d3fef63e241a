import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { Fault } from "../core/fault.js";
import type { Batch, HttpRequest, HttpResponse, Receipt, Secret, Sink, SinkPorts, SinkType } from "../ports.js";
import { encodeLines } from "./parts/encode.js";
import { judgeSumoAnswer } from "./parts/sumo-answer.js";
import { sumoHeaders, type SumoOverrides } from "./parts/sumo-headers.js";

/** As the schema leaves it: checked and defaulted. Either `url`, or `endpoint` and `token`. */
export interface SumoLogicHttpConfig extends SumoOverrides {
  /** The address of the HTTP source. It is the credential, hence a secret. */
  readonly url?: Secret;
  /** https://<endpoint>/receiver/v1/http, not secret, with `token` beside it. */
  readonly endpoint?: string;
  readonly token?: Secret;
  readonly compression: "gzip" | "none";
  /** 1 (fast) to 9 (small). */
  readonly compression_level: number;
  /** Uncompressed; Sumo asks for at most 1 MB. */
  readonly batch_bytes_max: number;
  readonly timeout_seconds: number;
}

const CLIENT = "message-trace-collector";
/** More rows than fit into a megabyte: the bytes are the limit. */
const BATCH_ROWS_MAX = 50_000;
/** Answers are empty or one small JSON object. */
const ANSWER_BYTES_MAX = 64 * 1024;
const SECRET_CHARACTERS_MIN = 8;
const GZIP_CHUNK_BYTES = 1024 * 1024;

const compress = promisify(gzip);

/** A Sumo Logic HTTP Logs source. Wire facts: sumo-contract 5; what people do with it: docs/destinations-sumo-logic.md. */
export const sumoLogicHttp: SinkType<SumoLogicHttpConfig> = {
  type: "sumo-logic-http",
  open: (name, config, ports) => openSumo(name, config, ports),
};

function openSumo(name: string, config: SumoLogicHttpConfig, ports: SinkPorts): Sink {
  return {
    limits: { batchBytesMax: config.batch_bytes_max, batchRowsMax: BATCH_ROWS_MAX },
    async check(signal) {
      // An empty body goes the whole way of a batch (name, TLS, address, quota) and leaves no message behind.
      await send(config, ports, { lines: [], bytes: 0, origin: { name, fields: {} } }, signal);
    },
    async write(batch, signal) {
      if (batch.lines.length === 0) return { sentBytes: 0 };
      return await send(config, ports, batch, signal);
    },
    // Nothing is held back between writes.
    close: async () => undefined,
  };
}

type Sendable = Pick<Batch, "lines" | "bytes"> & { readonly origin: Omit<Batch["origin"], "sourceId"> };

async function send(config: SumoLogicHttpConfig, ports: SinkPorts, batch: Sendable, signal: AbortSignal): Promise<Receipt> {
  signal.throwIfAborted();
  const text = encodeLines(batch.lines);
  // A single longer line is sent alone, as Sumo's exporter does; several are for the delivery to split.
  if (text.byteLength > config.batch_bytes_max && batch.lines.length > 1) {
    throw new Fault("destination-too-large", { detail: `not sent: ${text.byteLength} bytes in ${batch.lines.length} rows, at most ${config.batch_bytes_max}` });
  }
  const address = await addressOf(config, ports);
  const headers = { ...sumoHeaders({ sourceId: 0, ...batch.origin }, config), ...address.headers };
  const { body, encoding } = await packed(text, config);
  signal.throwIfAborted();
  const answer = await post(ports, {
    method: "POST",
    url: address.url,
    headers: { ...headers, ...encoding, "content-type": "application/x-www-form-urlencoded", "x-sumo-client": CLIENT },
    body,
    timeoutMs: config.timeout_seconds * 1000,
    bytesMax: ANSWER_BYTES_MAX,
    signal,
  });
  const warning = judgeSumoAnswer(answer, ports.clock.nowMs(), address.hide);
  return { sentBytes: body.byteLength, ...(warning === undefined ? {} : { warning }) };
}

/** Node's gzip leaves the time in the header at 0: the same rows give the same bytes, as with Sumo's own senders. */
async function packed(text: Buffer, config: SumoLogicHttpConfig): Promise<{ body: Uint8Array; encoding: Record<string, string> }> {
  if (config.compression === "none" || text.byteLength === 0) return { body: text, encoding: {} };
  const chunkSize = Math.min(GZIP_CHUNK_BYTES, Math.max(1024, text.byteLength));
  return { body: await compress(text, { level: config.compression_level, chunkSize }), encoding: { "content-encoding": "gzip" } };
}

interface Address {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly hide: readonly string[];
}

/** Looked up for each batch: an address that was generated anew takes effect without a restart. */
async function addressOf(config: SumoLogicHttpConfig, ports: SinkPorts): Promise<Address> {
  if (config.url !== undefined) {
    const url = (await ports.resolveSecret(config.url)).trim();
    const parsed = parsedAddress(url);
    const code = parsed.pathname.split("/").at(-1) ?? "";
    // A short end of the path is no code, and masking it would blot out half of what Sumo says.
    return { url, headers: {}, hide: [url, parsed.pathname, code].filter((part) => part.length >= SECRET_CHARACTERS_MIN) };
  }
  if (config.endpoint === undefined || config.token === undefined) throw new Fault("destination-refused", { detail: "neither url nor endpoint and token are given" });
  parsedAddress(config.endpoint);
  const token = (await ports.resolveSecret(config.token)).trim();
  // A header is visible ASCII; anything else is a damaged secret, and Node would refuse it with a less helpful word.
  if (!/^[\u0021-\u007e]+$/.test(token)) throw new Fault("destination-refused", { detail: "the token holds characters that no token has" });
  return { url: config.endpoint, headers: { "x-sumo-token": token }, hide: [token] };
}

function parsedAddress(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === "https:" || parsed?.protocol === "http:") return parsed;
  throw new Fault("destination-refused", { detail: "the address is not an http or https URL" });
}

async function post(ports: SinkPorts, request: HttpRequest): Promise<HttpResponse> {
  try {
    return await ports.http(request);
  } catch (error) {
    if (!(error instanceof Fault) || error.code === "defect") throw error;
    // Nothing was sent: no repeat can come of it. In every other case Sumo may have taken the batch and the answer was lost.
    const code = error.code === "unreachable" ? "destination-unreachable" : "destination-error";
    const { detail } = error;
    throw new Fault(code, { detail: code === "destination-error" ? `${error.code}, the answer was lost (${detail ?? ""})` : (detail ?? error.code) });
  }
}
