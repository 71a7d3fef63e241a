/**
 * End to end: real processes, real sockets, real files. What mostly waits (all faults in one process, the demos) begins at
 * the start and is looked at where its turn comes; kills and restarts run meanwhile.
 */
import assert from "node:assert/strict";
import { EMULATED_FAULTS } from "../../service/emulator/fault-catalogue.js";
import { runDemoAgainAndAgain, runDemoToItsEnd } from "./demo-runs.js";
import { caseName, FAULT_CASES } from "./fault-cases.js";
import { startFaultRun, type FaultRun } from "./fault-run.js";
import { describeFirstStart } from "./first-start.js";
import { describeFullDisk } from "./full-disk.js";
import { runKills } from "./kill-run.js";
import { describeRefusedStarts } from "./refused-start.js";
import { runRestarts, STOPS } from "./restarts.js";
import { openStage, type Stage } from "./stage.js";

const KILLS = 27;
const SEED = "20261122";

describe("end to end", function () {
  this.timeout(300_000);
  let stage: Stage;
  let faults: FaultRun;
  const background = new Map<string, Promise<{ readonly reason: unknown } | undefined>>();

  /** Begun now, judged later; a failure waits for the test that asks. */
  const begin = (name: string, work: Promise<void>) => background.set(name, work.then(() => undefined, (reason: unknown) => ({ reason })));
  const judge = async (name: string) => {
    const failure = await background.get(name);
    if (failure) throw failure.reason;
  };

  before(async () => {
    stage = await openStage();
    begin("demo", runDemoToItsEnd(stage.compiled.cli, stage.folder("demo")));
    begin("demo again", runDemoAgainAndAgain(stage.compiled.cli, stage.folder("demo-again")));
    faults = await startFaultRun(FAULT_CASES, stage.compiled.main, stage.folder("faults"));
    // As soon as it may: the other tests have the machine to themselves then.
    begin("faults closed", faults.close().then((leaks) => assert.deepEqual(leaks, [])));
  });
  after(() => stage.close());

  describeFirstStart(() => stage);
  describeRefusedStarts(() => stage);

  describe("kill -9", () => {
    before(() => void begin("restarts", runRestarts(stage.compiled.main, stage.folder("restarts"))));

    it(`at ${KILLS} points: 0 lost, repeats only of the batch that a kill cut short, store whole, no secret anywhere`, async () => {
      const { points, objections } = await runKills({ seed: SEED, folder: stage.folder("kills"), kills: KILLS, youngKills: 1, timeShare: 0.1, main: stage.compiled.main });
      assert.equal(points.length, KILLS);
      assert.deepEqual(objections, [], points.join("; "));
    });
  });

  describe("restart", () => {
    it(`after each of ${STOPS.length} stops in the middle it goes on within 10 s: 0 lost, 0 repeated`, () => judge("restarts"));
  });

  describe("each fault by name: shown as what it is, then collecting again, 0 lost, no repeat without a lost answer", () => {
    it("has a case for every fault of the emulator", () => {
      assert.deepEqual([...new Set(FAULT_CASES.map(({ fault }) => fault))].toSorted(), Object.keys(EMULATED_FAULTS).toSorted());
    });
    for (const one of FAULT_CASES) it(caseName(one), () => faults.outcome(one));

    it("leaves no secret in log, answers and data folder", () => judge("faults closed"));
  });

  describeFullDisk(() => stage);

  describe("demo", () => {
    it("runs to its end with everything delivered once", () => judge("demo"));
    it("goes on after Ctrl-C and after kill -9", () => judge("demo again"));
  });
});
