import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { SOURCE_TYPES, sourceTypeOf } from "../../service/sources/registry.js";

describe("registry of sources", () => {
  it("lists every folder, and nothing else", () => {
    const folders = readdirSync(new URL("../../service/sources/", import.meta.url), { withFileTypes: true });
    const slugs = folders.filter((each) => each.isDirectory()).map((each) => each.name);
    assert.deepEqual(SOURCE_TYPES.map((each) => each.slug).toSorted(), slugs.toSorted());
  });

  it("gives every name and alias to one type only", () => {
    const names = SOURCE_TYPES.flatMap((each) => [each.type, ...each.aliases]);
    assert.equal(new Set(names).size, names.length);
  });

  it("finds a type by its name and by its alias", () => {
    assert.equal(sourceTypeOf("MS Exchange Trace Logs")?.slug, "ms-exchange-trace-logs");
    assert.equal(sourceTypeOf("Microsoft Exchange Trace Logs")?.slug, "ms-exchange-trace-logs");
    assert.equal(sourceTypeOf("Okta"), undefined);
  });
});
