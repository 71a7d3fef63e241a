import assert from "node:assert/strict";
import { Pieces, type Verdict } from "../../service/collect/pieces.js";
import { emptyCoverage, type Coverage } from "../../service/core/coverage.js";
import { Fault, FAULTS, type FaultCode } from "../../service/core/fault.js";
import { oldestPiece } from "../../service/core/suspects.js";
import { MINUTE_MS, SECOND_MS, START_MS } from "./doubles.js";

const works = async () => true;
const broken = async () => false;
const window = (lengthMs: number) => ({ startMs: START_MS, endMs: START_MS + lengthMs });
/** Fails the same window over and over as plan would offer it; answers the verdicts. */
async function failing(pieces: Pieces, code: FaultCode, lengthMs: number, times: number, apiWorks = works): Promise<Verdict["kind"][]> {
  const verdicts: Verdict["kind"][] = [];
  for (let at = 0; at < times; at++) {
    pieces.started({ window: oldestPiece(window(lengthMs), pieces.hints.suspects), why: "new" });
    verdicts.push((await pieces.failed(new Fault(code), apiWorks)).kind);
  }
  return verdicts;
}

describe("collect: pieces", () => {
  for (const code of ["bad-link", "window-too-large", "answer-too-large"] as const) {
    it(`${code}: halves at once down to a second, then waits, then sets it aside`, async () => {
      assert.deepEqual(await failing(new Pieces(), code, 8 * SECOND_MS, 6, broken), ["again", "again", "again", "wait", "wait", "stuck"]);
    });
  }

  for (const code of ["server-error", "bad-answer", "timeout", "connection-cut", "html-answer", "request-refused"] as const) {
    it(`${code}: is suspected only after three tries, and only when the API works otherwise`, async () => {
      const pieces = new Pieces();
      assert.deepEqual(await failing(pieces, code, 2 * SECOND_MS, 3), ["wait", "wait", "again"]);
      assert.deepEqual(pieces.hints.suspects, [{ ...window(2 * SECOND_MS), capMs: SECOND_MS }]);
      assert.deepEqual(await failing(pieces, code, SECOND_MS, 3), ["wait", "wait", "stuck"]);
      assert.deepEqual(new Set(await failing(new Pieces(), code, 2 * SECOND_MS, 20, broken)), new Set(["wait"]));
    });
  }

  it("no other fault is the window's", async () => {
    const ofWindows = ["bad-link", "window-too-large", "answer-too-large", "server-error", "bad-answer", "timeout", "connection-cut", "html-answer", "request-refused"];
    for (const code of Object.keys(FAULTS) as FaultCode[]) if (!ofWindows.includes(code)) assert.deepEqual(new Set(await failing(new Pieces(), code, 8 * SECOND_MS, 5)), new Set(["wait"]), code);
  });

  it("asks the API only when there is a suspicion", async () => {
    let asked = 0;
    await failing(new Pieces(), "timeout", MINUTE_MS, 3, async () => ++asked > 0);
    assert.equal(asked, 1);
  });

  it("does not hammer an API that breaks every link: after a dozen quick cuts it waits", async () => {
    const verdicts = await failing(new Pieces(), "bad-link", 2 ** 15 * SECOND_MS, 15);
    assert.deepEqual([verdicts.slice(0, 12).every((kind) => kind === "again"), verdicts.slice(12)], [true, ["wait", "wait", "wait"]]);
  });

  const succeeds = (pieces: Pieces, at: { startMs: number; endMs: number }) => {
    pieces.started({ window: at, why: "catch-up" });
    pieces.succeeded();
    return pieces.hints.suspects;
  };

  it("doubles the pieces again when they work, until one would hold the whole stretch", async () => {
    const pieces = new Pieces();
    await failing(pieces, "bad-link", 8 * SECOND_MS, 2);
    assert.deepEqual(pieces.hints.suspects, [{ ...window(8 * SECOND_MS), capMs: 2 * SECOND_MS }]);
    assert.deepEqual(succeeds(pieces, window(2 * SECOND_MS)), [{ ...window(8 * SECOND_MS), capMs: 4 * SECOND_MS }]);
    assert.deepEqual(succeeds(pieces, { startMs: START_MS - MINUTE_MS, endMs: START_MS }).length, 1, "what works elsewhere proves nothing");
    assert.deepEqual(succeeds(pieces, window(4 * SECOND_MS)), []);
  });

  it("cuts nothing elsewhere: two stretches that fail are two", async () => {
    const pieces = new Pieces();
    await failing(pieces, "bad-link", 8 * SECOND_MS, 2);
    const elsewhere = { startMs: START_MS - MINUTE_MS, endMs: START_MS };
    pieces.started({ window: elsewhere, why: "settle" });
    await pieces.failed(new Fault("bad-link"), works);
    assert.deepEqual(pieces.hints.suspects, [{ ...window(8 * SECOND_MS), capMs: 2 * SECOND_MS }, { ...elsewhere, capMs: MINUTE_MS / 2 }]);
  });

  it("forgets the suspicion when the culprit is set aside", async () => {
    const pieces = new Pieces();
    assert.equal((await failing(pieces, "bad-link", 8 * SECOND_MS, 6)).at(-1), "stuck");
    assert.deepEqual(pieces.hints.suspects, []);
  });

  it("counts failures per stretch: another one begins anew", async () => {
    const pieces = new Pieces();
    await failing(pieces, "timeout", SECOND_MS, 2);
    pieces.started({ window: { startMs: START_MS - MINUTE_MS, endMs: START_MS - MINUTE_MS + SECOND_MS }, why: "new" });
    assert.equal((await pieces.failed(new Fault("timeout"), works)).kind, "wait");
  });

  it("counts failures per kind of work: what works or fails in turn with it does not hide them", async () => {
    const pieces = new Pieces();
    const [old, older] = [{ startMs: START_MS - MINUTE_MS, endMs: START_MS }, { startMs: START_MS - 2 * MINUTE_MS, endMs: START_MS - MINUTE_MS }];
    const verdicts: Verdict["kind"][] = [];
    for (let at = 0; at < 3; at++) {
      for (const [why, stretch] of [["settle", old], ["catch-up", older]] as const) {
        pieces.started({ window: stretch, why });
        verdicts.push((await pieces.failed(new Fault("timeout"), works)).kind);
      }
      succeeds(pieces, window(SECOND_MS));
    }
    assert.deepEqual(verdicts, ["wait", "wait", "wait", "wait", "again", "again"]);
  });

  it("sets aside for five minutes at first, then twice as long each time, up to an hour", () => {
    const piece = window(SECOND_MS);
    let coverage: Coverage = emptyCoverage(START_MS);
    const waits: number[] = [];
    for (let at = 0; at < 6; at++) {
      coverage = new Pieces().setAside(coverage, piece, START_MS + 5 * MINUTE_MS, new Fault("bad-link", { detail: "it loops" }));
      const [span] = coverage.spans;
      assert.ok(span?.kind === "stuck" && span.fault === "bad-link: it loops");
      waits.push((span.retryMs - START_MS) / MINUTE_MS);
    }
    assert.deepEqual(waits, [5, 10, 20, 40, 60, 60]);
  });

  it("remembers what the last turn beside live work was, so that they take turns", () => {
    const pieces = new Pieces();
    pieces.started({ window: window(SECOND_MS), why: "settle" });
    pieces.started({ window: window(SECOND_MS), why: "new" });
    assert.equal(pieces.hints.lastBeside, "settle");
  });
});
