import assert from "node:assert/strict";
import { Fault, type FaultCode } from "../../service/core/fault.js";
import type { Page, Window } from "../../service/core/model.js";
import type { Api, Clock, RequestOutcome, Source, SourcePorts } from "../../service/ports.js";
import { createGraphSource } from "../../service/sources/ms-exchange-trace-logs/graph.js";
import type { PagingOptions } from "../../service/sources/ms-exchange-trace-logs/paging.js";
import { createReportingSource } from "../../service/sources/ms-exchange-trace-logs/reporting.js";
import { hostsOf } from "../../service/sources/ms-exchange-trace-logs/clouds.js";
import { type ScriptedHttp, scriptedHttp, type Step } from "./scripted-http.js";

export const NOW_MS = Date.parse("2026-11-22T12:00:00.500Z");
export const WINDOW: Window = { startMs: Date.parse("2026-11-22T11:00:00Z"), endMs: Date.parse("2026-11-22T12:00:00Z") };

export interface ManualClock extends Clock {
  setMs(atMs: number): void;
}
/** A clock that moves when it is slept on. */
export function manualClock(startMs = NOW_MS): ManualClock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      nowMs += ms;
    },
    setMs: (atMs) => { nowMs = atMs; },
  };
}

/** A source over a script, and what it did to its ports. */
export interface Rig {
  readonly source: Source;
  readonly clock: ManualClock;
  /** "token", "token!<refused>", "permit" in the order they were asked for. */
  readonly calls: string[];
  readonly outcomes: RequestOutcome[];
  readonly requests: ScriptedHttp["requests"];
  readAll(window?: Window): Promise<Page[]>;
}

/** A source of the given API over a script of answers. */
export function rig(api: Api, steps: readonly Step[], options: Partial<PagingOptions> = {}): Rig & Pick<ScriptedHttp, "assertUsedUp"> {
  const script = scriptedHttp(steps);
  const clock = manualClock();
  const calls: string[] = [];
  const outcomes: RequestOutcome[] = [];
  const ports: SourcePorts = {
    http: script.http,
    clock,
    hosts: hostsOf("global"),
    async accessToken(_signal, refused) {
      calls.push(refused === undefined ? "token" : `token!${refused}`);
      return refused === undefined ? "token-one" : "token-two";
    },
    async permit() { calls.push("permit"); },
    observe: (outcome) => outcomes.push(outcome),
  };
  const source = api === "graph" ? createGraphSource(ports, options) : createReportingSource(ports, options);
  return {
    source, clock, calls, outcomes, requests: script.requests, assertUsedUp: script.assertUsedUp,
    async readAll(window = WINDOW) {
      const pages: Page[] = [];
      for await (const page of source.read(window, new AbortController().signal)) pages.push(page);
      return pages;
    },
  };
}

/** The fault that a promise rejects with, of the expected code. */
export async function faultOf(promise: Promise<unknown>, code: FaultCode): Promise<Fault> {
  const thrown: unknown = await promise.then(() => assert.fail(`resolved, expected ${code}`), (reason: unknown) => reason);
  assert.ok(thrown instanceof Fault, String(thrown));
  assert.equal(thrown.code, code, thrown.message);
  return thrown;
}
