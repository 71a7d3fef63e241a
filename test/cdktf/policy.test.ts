import assert from "node:assert/strict";
import { POLICIES } from "./policies.js";
import { stack, stacks, type Stack } from "./synthesized.js";

describe("policies of the Azure stack", function () {
  before(() => void stacks());

  it("are at least seventeen", () => assert.ok(POLICIES.length >= 17));

  for (const { says, check, breaks } of POLICIES) {
    it(says, () => {
      for (const one of stacks()) assert.deepEqual(check(one), [], one.name);
      const broken = structuredClone(stack("everything")) as Stack;
      breaks(broken);
      assert.notDeepEqual(check(broken), [], "the policy does not notice when it is broken");
    });
  }
});
