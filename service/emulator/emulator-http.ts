/** The emulator as the collector's Http port, without a socket: what the simulator and the fast tests use. */
import { Fault } from "../core/fault.js";
import type { Clock, Http, HttpRequest, HttpResponse } from "../ports.js";
import type { Answer, WholeAnswer } from "./answer.js";
import type { Emulator } from "./emulator.js";

export interface StrayRequest {
  readonly url: string;
  /** Whether it carried credentials: to another origin it never may. */
  readonly authorization: boolean;
}
export interface EmulatorHttpOptions {
  /** Called for each request that leads away from the emulator; it is answered with Fault unreachable. */
  readonly stray?: (request: StrayRequest) => void;
}

export function emulatorHttp(emulator: Emulator, clock: Clock, options: EmulatorHttpOptions = {}): Http {
  const home = new URL(emulator.baseUrl).origin;
  return async (request) => {
    request.signal?.throwIfAborted();
    if (!URL.canParse(request.url)) throw new Fault("unreachable", { detail: "the URL cannot be read" });
    const { origin } = new URL(request.url);
    const headers = Object.fromEntries(Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
    if (origin !== home) {
      options.stray?.({ url: request.url, authorization: "authorization" in headers });
      throw new Fault("unreachable", { detail: `nobody answers at ${origin}` });
    }
    const body = typeof request.body === "string" ? new TextEncoder().encode(request.body) : (request.body ?? new Uint8Array());
    const answer = await emulator.handle({ method: request.method, url: request.url, headers, body });
    const response = await deliver(answer, request, clock);
    request.signal?.throwIfAborted();
    return response;
  };
}

async function deliver(answer: Answer, request: HttpRequest, clock: Clock): Promise<HttpResponse> {
  if ("hang" in answer) return timeOut(request, clock);
  const whole: WholeAnswer = "cut" in answer ? answer.cut : answer;
  const delayMs = whole.delayMs ?? 0;
  if (delayMs >= request.timeoutMs) return timeOut(request, clock);
  if (delayMs > 0) await clock.sleep(delayMs, request.signal);
  if ("cut" in answer) throw new Fault("connection-cut", { detail: `after ${answer.cut.afterBytes} bytes` });
  if (whole.body.length > request.bytesMax) throw new Fault("answer-too-large", { detail: `${whole.body.length} bytes`, status: whole.status });
  return { status: whole.status, headers: whole.headers, body: whole.body };
}

async function timeOut(request: HttpRequest, clock: Clock): Promise<never> {
  await clock.sleep(request.timeoutMs, request.signal);
  throw new Fault("timeout", { detail: `no answer in ${request.timeoutMs} ms` });
}
