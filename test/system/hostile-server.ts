import { createServer, type AddressInfo, type Socket } from "node:net";

/** What one connection does with the bytes of a request; `count` is the number of requests of all connections so far. */
export type Script = (socket: Socket, request: string, count: number) => void;

export interface HostileServer {
  readonly origin: string;
  /** Connections that were made. */
  readonly connections: () => number;
  /** Requests as they came, heads and all. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** A server at the level of bytes, for what node:http would not send. */
export async function startHostile(script: Script): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (bytes) => {
      const request = bytes.toString("latin1");
      requests.push(request);
      script(socket, request, requests.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    requests,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An HTTP/1.1 answer with a true Content-Length unless the headers give another. */
export function answer(status: string, headers: Record<string, string>, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const all: Record<string, string> = { "content-length": String(body.byteLength), ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${head}\r\n`, "latin1"), body]);
}
