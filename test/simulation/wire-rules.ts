/** What must be true of every request that leaves the collector. */
import assert from "node:assert/strict";
import type { HttpRequest, HttpResponse } from "../../service/ports.js";

/** Requests that were granted before the answer came may still be on their way for so long. */
const UNDER_WAY_MS = 60_000;

export class WireRules {
  /** Refresh token by the access token that came with it. */
  readonly #refreshOf = new Map<string, string>();
  readonly #saved = new Set<string>();
  readonly #told = new Map<string, { readonly atMs: number; readonly untilMs: number }>();
  readonly #judgeWaits: boolean;

  /**
   * `judgeWaits`: whether every told wait must be kept. Not when the store or the process may lose the record of it (a death, a
   * frozen process, store faults), and not with a clock that jumps: for how long to wait is told relative to now.
   */
  constructor(judgeWaits: boolean) {
    this.#judgeWaits = judgeWaits;
  }

  grantSaved(refreshToken: string): void {
    this.#saved.add(refreshToken);
  }

  /** A request to a trace API, by its name. */
  asked(api: string, request: HttpRequest, nowMs: number): void {
    const token = request.headers?.["Authorization"]?.slice("Bearer ".length) ?? "";
    const refreshToken = this.#refreshOf.get(token);
    assert.ok(refreshToken === undefined || this.#saved.has(refreshToken), "an access token was used before the refresh token that came with it was durable");
    const told = this.#told.get(api);
    if (!this.#judgeWaits || !told || nowMs >= told.untilMs) return;
    assert.ok(nowMs < told.atMs + UNDER_WAY_MS, `${api} was asked ${told.untilMs - nowMs} ms before the wait that it had asked for was over`);
  }

  /** The answer as the collector gets it. */
  answered(api: string, response: HttpResponse, nowMs: number): void {
    const seconds = Number(response.headers["retry-after"] ?? Number.NaN);
    if (response.status !== 429 || Number.isNaN(seconds)) return;
    const untilMs = nowMs + 1000 * seconds;
    if (untilMs > (this.#told.get(api)?.untilMs ?? 0)) this.#told.set(api, { atMs: nowMs, untilMs });
  }

  loggedIn(response: HttpResponse): void {
    if (response.status !== 200) return;
    const tokens = JSON.parse(new TextDecoder().decode(response.body)) as Record<string, unknown>;
    if (typeof tokens["access_token"] === "string" && typeof tokens["refresh_token"] === "string") this.#refreshOf.set(tokens["access_token"], tokens["refresh_token"]);
  }
}
