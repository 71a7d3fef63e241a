import assert from "node:assert/strict";
import { joinSecrets, MASK, separateSecrets } from "../../schema/index.js";
import { config10, config20 } from "./samples.js";

const TYPE = "MS Exchange Trace Logs";

describe("secrets of a config", () => {
  it("are taken out of both generations, by pointer", () => {
    const first = separateSecrets(TYPE, config10({ authorization_code: "code-1" }));
    assert.deepEqual(first, { config: config10({ client_secret: MASK, authorization_code: MASK }), secrets: { "/client_secret": "abc~DEF.123", "/authorization_code": "code-1" } });
    const second = separateSecrets("Microsoft Exchange Trace Logs", config20());
    assert.deepEqual(second, { config: config20({ clientSecret: MASK }), secrets: { "/clientSecret": "abc~DEF.123" } });
  });

  it("of destinations too", () => {
    assert.deepEqual(separateSecrets("sumo-logic-http", { url: "https://h/secret", host: "h" }), { config: { url: MASK, host: "h" }, secrets: { "/url": "https://h/secret" } });
  });

  it("given by reference stay as they are", () => {
    const config = config20({ clientSecret: { secretRef: "env:NAME" } });
    assert.deepEqual(separateSecrets(TYPE, config), { config, secrets: {} });
  });

  it("are masked also where a reference is malformed", () => {
    const config = config20({ clientSecret: { secretRef: "hush" } });
    assert.ok(!JSON.stringify(separateSecrets(TYPE, config).config).includes("hush"));
  });

  it("that are masked already are not taken for secrets", () => {
    assert.deepEqual(separateSecrets(TYPE, config20({ clientSecret: MASK })).secrets, {});
  });

  it("come back where the mask stands, and only there", () => {
    const secrets = { "/clientSecret": "stored" };
    assert.deepEqual(joinSecrets(config20({ clientSecret: MASK }), secrets), config20({ clientSecret: "stored" }));
    assert.deepEqual(joinSecrets(config20({ clientSecret: "new" }), secrets), config20({ clientSecret: "new" }));
    assert.deepEqual(joinSecrets(config10({ client_secret: MASK }), secrets), config10({ client_secret: MASK }));
    assert.deepEqual(joinSecrets(config20({ clientSecret: undefined }), secrets), config20({ clientSecret: undefined }));
  });

  it("leave the config that was given as it was", () => {
    const config = config20();
    separateSecrets(TYPE, config);
    assert.deepEqual(config, config20());
  });

  it("of an unknown type are not guessed", () => {
    assert.throws(() => separateSecrets("Okta", { token: "hush" }), RangeError);
  });
});
