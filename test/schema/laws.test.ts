import assert from "node:assert/strict";
import * as fc from "fast-check";
import { joinSecrets, MASK, separateSecrets, validateDefinition, validateDestinations } from "../../schema/index.js";
import { editDistance, nearestKey } from "../../schema/nearest-key.js";
import { bare, config10, config20, NOW_MS, type Json } from "./samples.js";

const TYPE = "MS Exchange Trace Logs";
const CONFIG_KEYS = ["name", "fields", "start", "api", "cloud", "destinations", "client_secret", "authorization_code", "app_client_id", "clientID", "clientSecret", "polling_interval",
  "pollingIntervalMin", "time_offset", "settle_horizon", "budget_reserve", "__proto__", "constructor", "extra"];

/** Texts that no sentence of ours contains by accident. */
const hush = fc.stringMatching(/^[A-Za-z0-9]{6,20}$/).map((text) => `hush-${text}`);
const anyJson = fc.jsonValue();
const nearlyConfig = fc.dictionary(fc.constantFrom(...CONFIG_KEYS), anyJson, { noNullPrototype: true });

describe("laws of the schema", () => {
  it("validateDefinition answers any JSON without throwing, and each problem has a sentence", () => {
    fc.assert(fc.property(fc.oneof(anyJson, nearlyConfig.map((config) => bare(config)), nearlyConfig.map((config) => ({ source: bare({ ...config20(), ...config }) }))), (body) => {
      const verdict = validateDefinition(body, NOW_MS);
      if (verdict.ok) return;
      assert.ok(verdict.problems.length > 0);
      for (const { message } of verdict.problems) assert.match(message, /[.?]$/);
    }), { numRuns: 500 });
  });

  it("validateDestinations answers any JSON without throwing", () => {
    const entry = fc.oneof(anyJson, fc.record({ name: anyJson, type: fc.constantFrom("file", "stdout", "sumo-logic-http", "x"), url: anyJson, fields: anyJson, token: anyJson }, { requiredKeys: [] }));
    fc.assert(fc.property(fc.oneof(anyJson, fc.array(entry).map((destinations) => ({ destinations }))), (json) => {
      const verdict = validateDestinations(json);
      assert.ok(verdict.ok || verdict.problems.length > 0);
    }), { numRuns: 300 });
  });

  it("what is accepted is accepted again as it is answered, with the same meaning", () => {
    const choice = fc.record({ annotate: fc.boolean(), settle_horizon: fc.integer({ min: 0, max: 864_000 }), destinations: fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/), { minLength: 1, maxLength: 16 }) }, { requiredKeys: [] });
    fc.assert(fc.property(choice, fc.boolean(), (changes, first) => {
      const verdict = validateDefinition(bare((first ? config10 : config20)(changes)), NOW_MS);
      assert.ok(verdict.ok);
      const again = validateDefinition(JSON.parse(JSON.stringify(verdict.definition)), NOW_MS);
      assert.deepEqual(again, verdict);
    }));
  });

  it("separating and joining gives back what there was, and shows no secret in between", () => {
    fc.assert(fc.property(hush, fc.option(hush, { nil: undefined }), nearlyConfig, (secret, code, rest) => {
      const { client_secret: _1, authorization_code: _2, clientSecret: _3, ...others } = rest as Json;
      const config = { ...others, ...config10({ client_secret: secret, authorization_code: code }) };
      const separated = separateSecrets(TYPE, config);
      assert.deepEqual(joinSecrets(separated.config, separated.secrets), config);
      assert.equal(separated.config["client_secret"], MASK);
      for (const text of [secret, code]) assert.ok(text === undefined || !JSON.stringify(separated.config).includes(text));
    }));
  });

  it("separating and joining gives back any config", () => {
    fc.assert(fc.property(nearlyConfig, (config) => {
      const separated = separateSecrets(TYPE, config as Json);
      assert.deepEqual(joinSecrets(separated.config, separated.secrets), config);
    }));
  });

  it("no secret appears in a problem or a warning, however wrong the definition", () => {
    const holder = (text: string): fc.Arbitrary<unknown> => fc.constantFrom<unknown>(text, ` ${text} `, { secretRef: text }, { secretRef: "env:A", value: text }, [text], { [text]: text }, `code=${text}&session_state=1`, `https://localhost/?code=${text}`);
    const wrong = hush.chain((text) => fc.record({
      text: fc.constant(text), first: holder(text), second: holder(text), wrapped: fc.boolean(), generation: fc.boolean(), others: nearlyConfig, misspelled: fc.constantFrom("client_secrt", "secret", "clientSecret2", "password"),
    }));
    fc.assert(fc.property(wrong, ({ text, first, second, wrapped, generation, others, misspelled }) => {
      const secrets = generation ? { client_secret: first, authorization_code: second, clientSecret: undefined } : { clientSecret: first, authorization_code: undefined, client_secret: undefined };
      const source = bare((generation ? config10 : config20)({ ...others, ...secrets, [misspelled]: second }));
      const verdict = validateDefinition(wrapped ? { source } : source, NOW_MS);
      assert.ok(!JSON.stringify(verdict.ok ? verdict.warnings : verdict.problems).includes(text));
    }), { numRuns: 500 });
  });

  it("no secret of a destination appears in a problem", () => {
    fc.assert(fc.property(hush, fc.constantFrom("url", "token"), fc.constantFrom("sumo-logic-http", "file", "stdout", "sumo"), (text, key, type) => {
      const verdict = validateDestinations({ destinations: [{ name: "a b", type, [key]: `ftp://${text}` }, { name: "b", type, [key]: { secretRef: text } }, { name: "c", type, [key]: [text], endpoint: `https://me:${text}@h` }] });
      assert.ok(!verdict.ok && !JSON.stringify(verdict.problems).includes(text));
    }));
  });

  it("the distance of two texts is symmetric, and zero for equal ones alone", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.equal(editDistance(a, b) === 0, a === b);
      assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
    }));
  });

  it("the nearest key of a known key is that key", () => {
    fc.assert(fc.property(fc.constantFrom(...CONFIG_KEYS), (key) => {
      assert.equal(nearestKey(key, CONFIG_KEYS), key);
    }));
  });
});
