import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As they came over the wire, one character a byte. */
  readonly rawHeaders: Readonly<Record<string, string>>;
  readonly raw: Buffer;
  readonly text: string;
}

/** What the receiver does with the next requests; the default is 200 without a body. */
export type Behaviour =
  | { readonly kind: "answer"; readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  | { readonly kind: "hang" }
  | { readonly kind: "cut" };

/** A Sumo-shaped receiver on loopback: real sockets, real bytes. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Lines of every request that was answered with 2xx. */
  lines(): string[];
  behave(behaviour: Behaviour): void;
  /** Resolves when this many requests have come in. */
  arrived(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startReceiver(path = "/receiver/v1/http/ZaVnC4dhaV2SECRETCODE=="): Promise<Receiver> {
  const received: Received[] = [];
  const taken: Received[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  let behaviour: Behaviour = { kind: "answer", status: 200 };
  const server = createServer(async (request, response) => {
    const one = await read(request);
    received.push(one);
    for (const waiter of waiting) if (received.length >= waiter.count) waiter.resolve();
    if (act(behaviour, response)) taken.push(one);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    received,
    lines: () => taken.flatMap(({ text }) => text.split("\n").filter((line) => line !== "")),
    behave: (next) => (behaviour = next),
    arrived: (count) =>
      new Promise((resolve) => {
        if (received.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    close: () => stop(server),
  };
}

function act(behaviour: Behaviour, response: ServerResponse): boolean {
  if (behaviour.kind === "hang") return false;
  if (behaviour.kind === "cut") {
    response.socket?.destroy();
    return false;
  }
  response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body ?? "");
  return behaviour.status < 300;
}

async function read(request: IncomingMessage): Promise<Received> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const raw = Buffer.concat(parts);
  const rawHeaders: Record<string, string> = {};
  for (let i = 0; i < request.rawHeaders.length; i += 2) rawHeaders[request.rawHeaders[i]!.toLowerCase()] = request.rawHeaders[i + 1]!;
  const text = (request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw).toString("utf8");
  return { method: request.method ?? "", path: request.url ?? "", headers: request.headers as Record<string, string>, rawHeaders, raw, text };
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
