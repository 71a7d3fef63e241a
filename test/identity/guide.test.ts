import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { FAULTS } from "../../service/core/fault.js";
import { consentUrl } from "../../service/identity/consent-url.js";

const GUIDE = readFileSync(new URL("../../docs/setup-microsoft.md", import.meta.url), "utf8");

describe("set-up guide for Microsoft", () => {
  it("shows the consent URL that the code makes", () => {
    const url = consentUrl({
      loginUrl: "https://login.microsoftonline.com", tenantId: "TENANT_ID", clientId: "CLIENT_ID",
      audience: "https://outlook.office365.com", endpoint: "v1",
    });
    assert.ok(GUIDE.includes(`\n${url}\n`), url);
  });

  it("names faults that exist", () => {
    const table = GUIDE.slice(GUIDE.indexOf("| What you see"));
    const named = [...table.matchAll(/^\|[^|]*\|([^|]*)\|/gm)].flatMap((row) => [...row[1]!.matchAll(/`([a-z-]+)`/g)].map((match) => match[1]!));
    assert.ok(named.length >= 15, named.join());
    assert.deepEqual(named.filter((name) => !Object.hasOwn(FAULTS, name)), []);
  });
});
