import assert from "node:assert/strict";
import { judgeRepeats, type Arrival } from "./repeats.js";

const arrival = (said: string, batch: number, source = "ada"): Arrival => ({ source, said, batch });

describe("the judge of repeats", () => {
  const underWay = ({ batch }: Arrival) => batch === 2;

  it("excuses a line whose batch was cut short, once per cut", () => {
    const verdict = judgeRepeats([arrival("a", 1), arrival("b", 2), arrival("b", 3)], underWay);
    assert.deepEqual(verdict, { explained: 1, unexplained: [] });
  });

  it("accuses a line of a batch that was not cut short, and the third time of one that was", () => {
    assert.deepEqual(judgeRepeats([arrival("a", 1), arrival("a", 3)], underWay).unexplained, [arrival("a", 3)]);
    assert.deepEqual(judgeRepeats([arrival("b", 2), arrival("b", 3), arrival("b", 4)], underWay).unexplained, [arrival("b", 4)]);
  });

  it("accuses a line that comes twice in one batch", () => {
    assert.deepEqual(judgeRepeats([arrival("b", 2), arrival("b", 2)], underWay).unexplained, [arrival("b", 2)]);
  });

  it("does not mix up sources", () => {
    assert.deepEqual(judgeRepeats([arrival("a", 1), arrival("a", 3, "bob")], underWay), { explained: 0, unexplained: [] });
  });
});
