import assert from "node:assert/strict";
import { Fault, type FaultCode } from "../../service/core/fault.js";
import type { Http, HttpRequest, HttpResponse } from "../../service/ports.js";

/** One answer of a script: JSON by default, or a raw body, or the fault that comes in place of an answer. */
export interface Scripted {
  readonly status?: number;
  readonly json?: unknown;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fault?: FaultCode;
}
/** An answer, or how to make it of the request. */
export type Step = Scripted | ((request: HttpRequest) => Scripted | Promise<Scripted>);

/** An Http port that gives the answers of a script in turn and keeps what it was asked. */
export interface ScriptedHttp {
  readonly http: Http;
  readonly requests: HttpRequest[];
  /** Fails when an answer was not asked for. */
  assertUsedUp(): void;
}

/** Any request beyond the script fails. */
export function scriptedHttp(steps: readonly Step[]): ScriptedHttp {
  const requests: HttpRequest[] = [];
  return {
    requests,
    async http(request) {
      request.signal?.throwIfAborted();
      const step = steps[requests.length];
      requests.push(request);
      assert.ok(step, `request ${requests.length} was not expected: ${request.url}`);
      return responseOf(typeof step === "function" ? await step(request) : step);
    },
    assertUsedUp: () => assert.equal(requests.length, steps.length, "requests made"),
  };
}

/** A scripted answer as the port gives it; throws the scripted fault. */
export function responseOf(scripted: Scripted): HttpResponse {
  if (scripted.fault) throw new Fault(scripted.fault);
  const { body } = scripted;
  const bytes = body instanceof Uint8Array ? body : new TextEncoder().encode(body ?? JSON.stringify(scripted.json));
  return { status: scripted.status ?? 200, headers: scripted.headers ?? {}, body: bytes };
}
