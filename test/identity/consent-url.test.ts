import assert from "node:assert/strict";
import { consentUrl } from "../../service/identity/consent-url.js";
import { APP, WITH_CODE } from "./login-double.js";

describe("consent URL", () => {
  it("is of the tenant, names the API by resource in v1 and by scope in v2, and holds no secret", () => {
    const v1 = new URL(consentUrl(WITH_CODE));
    assert.equal(v1.origin + v1.pathname, `https://login.microsoftonline.com/${APP.tenantId}/oauth2/authorize`);
    assert.deepEqual(Object.fromEntries(v1.searchParams), {
      response_type: "code", response_mode: "query", client_id: APP.clientId, redirect_uri: "https://localhost", resource: "https://outlook.office365.com",
    });
    const v2 = new URL(consentUrl(APP));
    assert.equal(v2.pathname, `/${APP.tenantId}/oauth2/v2.0/authorize`);
    assert.equal(v2.searchParams.get("scope"), "https://graph.microsoft.com/.default offline_access");
  });
});
