/** Speaks TLS in front of a PostgreSQL that listens on a socket file, as Azure's servers do; refuses whoever comes in clear. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { TestCertificate } from "../azure/certificates.js";

export interface TlsDatabase {
  readonly port: number;
  /** Connections that did not ask for TLS. */
  readonly clear: () => number;
  close(): Promise<void>;
}

/** Length 8, then the code of an SSLRequest (postgresql.org/docs/15/protocol-message-formats.html). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Listens on 127.0.0.1. */
export async function serveTls(socketPath: string, { certificate: cert, key }: TestCertificate): Promise<TlsDatabase> {
  let clear = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    socket.once("data", (first) => {
      if (!first.equals(SSL_REQUEST)) {
        clear += 1;
        socket.destroy();
        return;
      }
      socket.write("S");
      const secured = new TLSSocket(socket, { isServer: true, cert, key });
      const behind = connect(socketPath);
      secured.on("error", () => behind.destroy());
      behind.on("error", () => secured.destroy());
      secured.pipe(behind).pipe(secured);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    clear: () => clear,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
