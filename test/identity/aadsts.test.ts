import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { FaultCode } from "../../service/core/fault.js";
import { type EntraError, entraFault } from "../../service/identity/aadsts.js";

const sample = (name: string): EntraError =>
  JSON.parse(readFileSync(new URL(`../fixtures/samples/${name}`, import.meta.url), "utf8")) as EntraError;

/** error, codes, fault: the table of microsoft-apis.md 4.4 */
const TABLE: readonly (readonly [string, readonly number[], FaultCode])[] = [
  ["invalid_grant", [70008], "code-expired"],
  ["invalid_grant", [700082], "code-expired"],
  ["invalid_grant", [700084], "code-expired"],
  ["invalid_grant", [54005], "code-used"],
  ["invalid_grant", [50173], "code-expired"],
  ["invalid_grant", [70043], "code-expired"],
  ["invalid_grant", [70000], "code-expired"],
  ["invalid_client", [7000215], "secret-wrong"],
  ["invalid_client", [7000222], "secret-expired"],
  ["invalid_request", [9002313], "token-refused"],
  ["unauthorized_client", [700016], "app-unknown"],
  ["invalid_request", [90002], "tenant-unknown"],
  ["invalid_request", [50011], "redirect-mismatch"],
  ["invalid_grant", [65001], "consent-missing"],
  ["invalid_resource", [500011], "resource-missing"],
  ["invalid_request", [50194], "token-refused"],
  ["invalid_request", [901002], "token-refused"],
  ["invalid_grant", [53003], "interaction-required"],
  ["interaction_required", [50131], "interaction-required"],
  ["invalid_grant", [50196], "token-loop"],
  ["invalid_grant", [90006], "login-unavailable"],
  ["invalid_request", [90024], "login-unavailable"],
  ["invalid_request", [90033], "login-unavailable"],
  ["invalid_request", [50033], "login-unavailable"],
  ["temporarily_unavailable", [], "login-unavailable"],
  // error decides first, codes second, several codes: the one that is known
  ["temporarily_unavailable", [7000215], "login-unavailable"],
  ["invalid_grant", [70002, 70008], "code-expired"],
  ["interaction_required", [65001], "consent-missing"],
  ["invalid_grant", [123456789], "code-expired"],
  ["invalid_client", [123456789], "token-refused"],
  ["invalid_client", [], "token-refused"],
  ["consent_required", [], "consent-missing"],
  ["toString", [], "token-refused"],
  ["", [], "token-refused"],
];

describe("AADSTS errors", () => {
  for (const [error, codes, code] of TABLE) {
    it(`${error} ${codes.join("+")} is ${code}`, () => {
      const fault = entraFault({ error, error_codes: codes, error_description: "AADSTS1: Whatever." }, 400);
      assert.equal(fault.code, code);
      assert.equal(fault.status, 400);
    });
  }

  it("never goes by the text", () => {
    const text = "AADSTS7000215: Invalid client secret provided. temporarily_unavailable";
    assert.equal(entraFault({ error: "invalid_request", error_codes: [9002313], error_description: text }, 400).code, "token-refused");
  });

  it("tells the deciding code and the sentence about it", () => {
    const expired = entraFault(sample("entra-v1-error-expired-code-msdocs.json"), 400);
    assert.equal(expired.code, "code-expired");
    assert.equal(expired.detail, "AADSTS70008 invalid_grant (HTTP 400): The provided authorization code or refresh token is expired.");
    const scope = entraFault(sample("entra-v2-error-invalid-scope-msdocs.json"), 400);
    assert.equal(scope.code, "token-refused");
    assert.equal(scope.detail, "AADSTS70011 invalid_scope (HTTP 400): The provided value for the input parameter 'scope' is not valid.");
  });

  it("masks secrets before it cuts the text", () => {
    const secret = "x".repeat(1000);
    const { message } = entraFault({ error: "invalid_client", error_codes: [7000215], error_description: `AADSTS7000215: It was ${secret}` }, 401, ["", secret]);
    assert.ok(message.endsWith("It was ********"), message);
  });

  it("bears nonsense", () => {
    for (const body of [{}, { error: 5, error_codes: "70008", error_description: {} }, { error_codes: [null, "x", { a: 1 }] }]) {
      assert.equal(entraFault(body, 400).code, "token-refused");
    }
    assert.equal(entraFault({ error_codes: ["70008"] }, 400).code, "code-expired");
  });

  it("asks for patience after a loop", () => assert.equal(entraFault({ error_codes: [50196] }, 400).retryAfterMs, 60_000));
});
