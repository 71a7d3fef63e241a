/** The emulator behind a socket: node:http, nothing else. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { Clock } from "../ports.js";
import { jsonAnswer, type Answer, type WholeAnswer } from "./answer.js";
import type { Emulator } from "./emulator.js";

export interface ServedEmulator {
  /** Origin without trailing slash. */
  readonly url: string;
  /** Ends hanging connections too. */
  close(): Promise<void>;
}
export interface ServeOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** For answers that are to wait; default the emulator's own. */
  readonly clock?: Clock;
}

const BODY_BYTES_MAX = 32 * 1024 * 1024;
const GZIP_BYTES_MIN = 1_024;

/** Rejects when the port is taken. */
export async function serveEmulator(emulator: Emulator, options: ServeOptions): Promise<ServedEmulator> {
  const closing = new AbortController();
  const server = createServer((incoming, outgoing) => {
    answerOne(emulator, options.clock ?? emulator.clock, closing.signal, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    close: () => new Promise((resolve, reject) => {
      closing.abort();
      server.close((error) => (error ? reject(error) : resolve()));
      server.closeAllConnections();
    }),
  };
}

async function answerOne(emulator: Emulator, clock: Clock, closing: AbortSignal, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await readBody(incoming);
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]));
  // Links are made for the name under which the client knows us.
  const url = `http://${headers["host"] ?? "localhost"}${incoming.url ?? "/"}`;
  const answer = body ? await emulator.handle({ method: incoming.method ?? "GET", url, headers, body }) : jsonAnswer(413, { status: 413, message: "Too large." });
  await send(answer, clock, closing, /\bgzip\b/.test(headers["accept-encoding"] ?? ""), outgoing);
}

async function send(answer: Answer, clock: Clock, closing: AbortSignal, gzip: boolean, outgoing: ServerResponse): Promise<void> {
  // Held until the client gives up or the server closes.
  if ("hang" in answer) return;
  if ("cut" in answer) {
    const { cut } = answer;
    outgoing.writeHead(cut.status, { ...cut.headers, "content-length": cut.body.length });
    outgoing.write(cut.body.subarray(0, cut.afterBytes), () => outgoing.destroy());
    return;
  }
  if (answer.delayMs !== undefined) await clock.sleep(answer.delayMs, closing);
  const packed = gzip && answer.body.length >= GZIP_BYTES_MIN ? gzipped(answer) : answer;
  outgoing.writeHead(packed.status, { ...packed.headers, "content-length": packed.body.length });
  outgoing.end(packed.body);
}

function gzipped(answer: WholeAnswer): WholeAnswer {
  return { ...answer, headers: { ...answer.headers, "content-encoding": "gzip", "vary": "accept-encoding" }, body: gzipSync(answer.body) };
}

/** Undefined when it is larger than anything a collector sends. */
async function readBody(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return bytes <= BODY_BYTES_MAX ? Buffer.concat(chunks) : undefined;
}
