import { Fault } from "../../core/fault.js";
import type { Api, HttpResponse, SourcePorts } from "../../ports.js";
import { type Asked, jsonOf, tokenMayBeStale } from "./answers.js";

/** A page of 5,000 rows takes 2 to 4 s and 2 MB where it was measured; these are bounds, not expectations. */
const TIMEOUT_MS = 90_000;
const BYTES_MAX = 64 * 1024 * 1024;

/** One request for one page. */
export interface PageRequest {
  readonly api: Api;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly followsLink: boolean;
}
export interface Answer {
  readonly json: Readonly<Record<string, unknown>>;
  /** Decompressed size. */
  readonly bytes: number;
}

/**
 * Asks the API once, with a token and inside the tenant's budget; a refused token is replaced once.
 * Throws the Fault that the answer means, and those of `accessToken`, `permit` and `http`.
 */
export async function ask(request: PageRequest, ports: SourcePorts, signal: AbortSignal): Promise<Answer> {
  const first = await send(request, ports, signal);
  if (!tokenMayBeStale(first.response, first.asked)) return answerOf(first);
  return answerOf(await send(request, ports, signal, first.asked.token));
}

interface Sent {
  readonly asked: Asked;
  readonly response: HttpResponse;
}

function answerOf({ asked, response }: Sent): Answer {
  return { json: jsonOf(response, asked), bytes: response.body.byteLength };
}

async function send(request: PageRequest, ports: SourcePorts, signal: AbortSignal, refused?: string): Promise<Sent> {
  // A login that fails must not use up the tenant's budget, and a place in the budget may take longer to get than a
  // token lives: so the token is made sure of before, and taken (from memory as a rule) after.
  await ports.accessToken(signal, refused);
  await ports.permit(signal);
  const token = await ports.accessToken(signal, refused);
  const startedMs = ports.clock.nowMs();
  try {
    const response = await ports.http({
      method: "GET",
      url: request.url,
      headers: { ...request.headers, "Accept-Encoding": "gzip", Authorization: `Bearer ${token}` },
      timeoutMs: TIMEOUT_MS,
      bytesMax: BYTES_MAX,
      signal,
    });
    const nowMs = ports.clock.nowMs();
    ports.observe({ status: response.status, bytes: response.body.byteLength, tookMs: Math.max(0, nowMs - startedMs) });
    return { response, asked: { api: request.api, url: request.url, followsLink: request.followsLink, token, nowMs } };
  } catch (thrown) {
    if (thrown instanceof Fault) {
      ports.observe({ status: thrown.code, bytes: 0, tookMs: Math.max(0, ports.clock.nowMs() - startedMs) });
    }
    throw thrown;
  }
}
