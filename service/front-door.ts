/** The HTTP server, which answers from the first moment: probes while the state is not open yet, everything once it is. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PROBES } from "./environment.js";
import { answerMalformed } from "./malformed.js";
import type { Settings } from "./settings.js";
import type { Waiting } from "./state.js";
import type { Log } from "./system/log.js";

export interface FrontDoor {
  /** Base URL, without trailing slash. */
  readonly url: string;
  /** Why nothing but the probes is answered. */
  wait(waiting: Waiting): void;
  /** Requests are held until `admit`: what is still to come takes moments. */
  hold(): void;
  /** From now on this answers; what was held first. */
  admit(listener: RequestListener): void;
  /** Takes no new requests. */
  shut(): void;
  /** Ends what is left. */
  close(): void;
}

const HEADERS_MS = 15_000;
const REQUEST_MS = 30_000;
/** How often Node looks for connections that have exceeded these. */
const LOOK_MS = 5000;
const RETRY_AFTER_SECONDS = "5";

/** Listens. Throws what listen() throws. */
export async function openFrontDoor(settings: Pick<Settings, "host" | "port">, log: Log): Promise<FrontDoor> {
  let waiting: Waiting | undefined;
  let open: (listener: RequestListener) => void = () => undefined;
  let listener: RequestListener | undefined;
  const admitted = new Promise<RequestListener>((resolve) => (open = resolve));
  const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, connectionsCheckingInterval: LOOK_MS }, (request, response) => {
    if (listener) listener(request, response);
    else if (waiting || pathOf(request) === PROBES.live) answerWaiting(request, response, waiting);
    else void admitted.then((answer) => answer(request, response));
  });
  server.on("clientError", answerMalformed(log));
  server.listen(settings.port, settings.host);
  await once(server, "listening");
  return {
    url: addressOf(server.address() as AddressInfo, settings.host),
    wait: (reason) => (waiting = reason),
    hold: () => (waiting = undefined),
    admit(answer) {
      listener = answer;
      open(answer);
    },
    shut() {
      server.close();
      server.closeIdleConnections();
    },
    close: () => server.closeAllConnections(),
  };
}

/**
 * A process in standby says that it is ready, with the reason why it does nothing: a platform that replaces a process (Container Apps,
 * single revision) ends the old one only when the new one is ready, and the new one has to wait for exactly that end.
 */
function answerWaiting(request: IncomingMessage, response: ServerResponse, waiting: Waiting | undefined): void {
  const path = pathOf(request);
  if (path === PROBES.live) return send(response, 200, { status: "ok" });
  const reasons = waiting ? [reasonOf(waiting)] : [];
  if (path === PROBES.ready) return waiting?.why === "standby" ? send(response, 200, { status: "standby", reasons }) : send(response, 503, { status: "not ready", reasons });
  send(response, 503, { status: 503, id: "STANDBY", code: "collector.standby", message: `The collector is not at work yet: ${reasons.join("; ")}. Try again in some seconds.` });
}

/** Shown to anybody who asks: what the database said stays in the log. */
function reasonOf({ why, text }: Waiting): string {
  return why === "standby" ? text : "the database does not answer or refuses the login; the log says more";
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store", ...(status === 503 ? { "Retry-After": RETRY_AFTER_SECONDS } : {}) });
  response.end(JSON.stringify(body));
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?")[0] ?? "";
}

function addressOf({ port }: AddressInfo, listened: string): string {
  const host = listened === "0.0.0.0" || listened === "::" ? "localhost" : listened.includes(":") ? `[${listened}]` : listened;
  return `http://${host}:${port}`;
}
