import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type nodeFetch from "node-fetch";
import { Fault } from "../core/fault.js";
import type { Http, HttpRequest, HttpResponse } from "../ports.js";
import { decodeBody, readBody } from "./http-body.js";
import { watchedAgent } from "./watched-agent.js";

export interface HttpOptions {
  /** Sent with every request. */
  readonly userAgent: string;
  /**
   * How long an unused connection is kept, ms. Below 30 s: Sumo's load balancer closes idle connections after 30 s (sumo-contract 5.1), and
   * a request on a connection that is being closed is an answer lost. A shorter `Keep-Alive: timeout` of the server wins.
   */
  readonly idleMs: number;
}

interface Attempt {
  readonly host: string;
  /** From here on bytes may have reached the other side. */
  open: boolean;
  ended?: "timeout" | "abort";
}

/**
 * The real network, by node-fetch 3 over keep-alive agents. Proxies are not supported: node-fetch has no proxy of its own.
 * Fault details name host, port and error code only: addresses may hold secrets (a Sumo URL is one). For the same reason faults
 * carry no `cause`: node-fetch writes the whole address into its messages.
 */
export function createHttp(options: HttpOptions): Http {
  const agentOptions = { keepAlive: true, timeout: options.idleMs };
  const plain = new HttpAgent(agentOptions);
  const secure = new HttpsAgent(agentOptions);
  return async (request) => {
    request.signal?.throwIfAborted();
    const url = parseAddress(request.url);
    const attempt: Attempt = { host: url.host, open: false };
    const isSecure = url.protocol === "https:";
    const agent = watchedAgent(isSecure ? secure : plain, isSecure, () => (attempt.open = true));
    const stop = new AbortController();
    const end = (why: "timeout" | "abort") => {
      attempt.ended ??= why;
      stop.abort();
    };
    const onAbort = () => end("abort");
    const timer = setTimeout(() => end("timeout"), request.timeoutMs);
    request.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await exchange(request, url, agent, options.userAgent, stop.signal);
    } catch (error) {
      stop.abort();
      if (attempt.ended === "abort") throw request.signal?.reason;
      throw networkFault(error, attempt, request.timeoutMs);
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", onAbort);
    }
  };
}

async function exchange(request: HttpRequest, url: URL, agent: HttpAgent, userAgent: string, signal: AbortSignal): Promise<HttpResponse> {
  const fetch = await loadFetch();
  const answer = await fetch(url, {
    method: request.method,
    headers: { "accept-encoding": "gzip", "user-agent": userAgent, ...request.headers },
    body: asBuffer(request.body),
    agent,
    compress: false,
    redirect: "manual",
    signal,
  });
  const raw = await readBody(answer.body as AsyncIterable<Uint8Array | string> | null, request.bytesMax, url.host);
  const headers: Record<string, string> = Object.fromEntries(answer.headers.entries());
  return { status: answer.status, headers, body: decodeBody(raw, headers["content-encoding"], request.bytesMax, url.host) };
}

/** Loaded with the first request: a start makes none, and need not wait for it. */
let loading: Promise<typeof nodeFetch> | undefined;
function loadFetch(): Promise<typeof nodeFetch> {
  return (loading ??= import("node-fetch").then((module) => module.default));
}

function asBuffer(body: string | Uint8Array | undefined): Buffer | null {
  if (body === undefined) return null;
  // A view, not a copy: bodies are up to a megabyte.
  return typeof body === "string" ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

function parseAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usable = url && (url.protocol === "https:" || url.protocol === "http:") && url.username === "" && url.password === "";
  if (!usable) throw new Fault("unreachable", { detail: "the address is not an http or https URL without user and password" });
  return url;
}

function networkFault(error: unknown, attempt: Attempt, timeoutMs: number): Fault {
  if (error instanceof Fault) return error;
  const { host, open } = attempt;
  if (attempt.ended === "timeout") {
    if (!open) return new Fault("unreachable", { detail: `${host}: no connection within ${timeoutMs} ms` });
    return new Fault("timeout", { detail: `${host}: no whole answer within ${timeoutMs} ms` });
  }
  const code = errorCode(error);
  // A request that Node refuses to build (a line feed in a header): our own doing, no use in trying again.
  if (error instanceof TypeError) return new Fault("defect", { detail: `${host}: request cannot be sent, ${code}` });
  if (!open) return new Fault("unreachable", { detail: `${host}: ${code}` });
  if (code === "HPE_HEADER_OVERFLOW") return new Fault("answer-too-large", { detail: `${host}: headers, ${code}` });
  if (code.startsWith("HPE_") && code !== "HPE_INVALID_EOF_STATE") return new Fault("bad-answer", { detail: `${host}: not HTTP, ${code}` });
  return new Fault("connection-cut", { detail: `${host}: ${code}` });
}

function errorCode(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeof code === "string" && code !== "") return code;
  return typeof name === "string" ? name : "unknown";
}
