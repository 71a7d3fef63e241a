import type { Agent as HttpAgent, ClientRequest } from "node:http";
import type { Socket } from "node:net";

/** The part of an agent that http.request calls; Node documents it for custom agents but does not type it. */
interface RequestTaker {
  addRequest(request: ClientRequest, ...rest: unknown[]): void;
}

/**
 * The same agent for one request, telling when its bytes can first have reached the other side: a kept-alive connection
 * was given to it, or a new one was established (for TLS: with the certificate verified). Before that a failure means
 * that provably nothing was sent, whatever its error code; afterwards nothing is known.
 */
export function watchedAgent(agent: HttpAgent, secure: boolean, onOpen: () => void): HttpAgent {
  const taker = agent as unknown as RequestTaker;
  const addRequest = (request: ClientRequest, ...rest: unknown[]): void => {
    request.once("socket", (socket: Socket) => {
      if (request.reusedSocket) onOpen();
      else socket.once(secure ? "secureConnect" : "connect", onOpen);
    });
    taker.addRequest(request, ...rest);
  };
  return Object.create(agent, { addRequest: { value: addRequest } }) as HttpAgent;
}
