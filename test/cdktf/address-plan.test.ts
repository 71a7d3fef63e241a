import assert from "node:assert/strict";
import { assert as holds, integer, nat, property } from "fast-check";
import { contains, isAligned, overlaps, parseCidr, planAddresses, type Cidr } from "../../cdktf/address-plan.js";

const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text);
  assert.ok(parsed, text);
  return parsed;
};

describe("address plan", () => {
  it("divides the default space as documented", () => {
    assert.deepEqual(planAddresses(cidr("10.60.0.0/22")), { apps: "10.60.0.0/23", database: "10.60.2.0/26", endpoints: "10.60.2.64/26" });
    assert.deepEqual(planAddresses(cidr("192.168.7.0/24")), { apps: "192.168.7.0/25", database: "192.168.7.128/27", endpoints: "192.168.7.160/27" });
  });

  it("gives aligned subnets that lie within the space and apart from each other", () => {
    holds(
      property(integer({ min: 16, max: 24 }), nat(2 ** 24 - 1), (prefix, seed) => {
        const size = 2 ** (32 - prefix);
        const space = { base: 10 * 2 ** 24 + Math.floor(seed / size) * size, prefix };
        const parts = Object.values(planAddresses(space)).map((text) => cidr(text as string));
        for (const part of parts) assert.ok(isAligned(part) && contains(space, part) && part.prefix <= 27);
        for (const [index, part] of parts.entries()) for (const other of parts.slice(index + 1)) assert.ok(!overlaps(part, other));
      }),
    );
  });

  it("reads only IPv4 ranges", () => {
    for (const text of ["10.0.0.0/33", "256.0.0.0/8", "10.0.0/8", "::1/64", ""]) assert.equal(parseCidr(text), undefined, text);
    assert.deepEqual(parseCidr("203.0.113.7"), { base: 3405803783, prefix: 32 });
  });
});
