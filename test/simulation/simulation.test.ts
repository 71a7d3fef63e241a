import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { EMULATED_FAULTS } from "../../service/emulator/fault-catalogue.js";
import { play, type Outcome } from "./pool.js";

const SEEDS = 150;
const WORKERS = Math.max(2, availableParallelism());

describe("simulation", function () {
  this.timeout(900_000);
  const outcomes: Outcome[] = [];

  before(async () => {
    let asked = 0;
    await play({ workers: WORKERS, next: () => (asked < SEEDS ? { seed: ++asked } : undefined), done: (outcome) => void outcomes.push(outcome) });
  });

  it(`keeps every promise in ${SEEDS} seeds`, () => {
    const failed = outcomes.flatMap(({ seed, broken }) => (broken === undefined ? [] : [`npm run simulate -- --seed ${seed}: ${broken}`]));
    assert.deepEqual(failed, []);
    assert.equal(outcomes.length, SEEDS);
  });

  it("meets deaths, fresh consents and nearly every fault that the emulator knows", () => {
    const sums = outcomes.flatMap((outcome) => outcome.sums ?? []);
    assert.ok(sums.reduce((kills, one) => kills + one.kills, 0) > SEEDS / 2);
    assert.ok(sums.some(({ consents }) => consents > 0));
    const shown = new Set(sums.flatMap(({ faults }) => Object.keys(faults)));
    // Rare ones need a coincidence: a login in the minutes of the fault.
    const rare = ["expired-code", "expired-refresh", "expired-secret", "bad-secret", "login-unavailable", "login-hang"];
    assert.deepEqual(Object.keys(EMULATED_FAULTS).filter((name) => !shown.has(name) && !rare.includes(name)), []);
  });
});
