import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { Fault } from "../../service/core/fault.js";
import { createLog, type LogLevel } from "../../service/system/log.js";
import { maskText } from "../../service/system/mask.js";

async function capture(options: { level?: LogLevel; pretty?: boolean } = {}) {
  const parts: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(chunk.toString("utf8"));
      done();
    },
  });
  const log = await createLog({ level: options.level ?? "info", pretty: options.pretty ?? false, destination });
  return { log, text: () => parts.join(""), lines: () => parts.join("").trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe("log", () => {
  it("writes one JSON object a line, from the level on", async () => {
    const { log, lines } = await capture({ level: "warn" });
    log.info("not this");
    log.warn({ sourceId: 100_000_001, code: "throttled" }, "line\nfeed");
    log.error(new Fault("unreachable", { detail: "host: ECONNREFUSED" }), "cannot read");
    const [first, second] = lines();
    assert.equal(lines().length, 2);
    assert.deepEqual([first?.["level"], first?.["sourceId"], first?.["code"], first?.["msg"]], ["warn", 100_000_001, "throttled", "line\nfeed"]);
    assert.match(String(first?.["time"]), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const err = second?.["err"] as Record<string, unknown>;
    assert.deepEqual([err["type"], err["code"], err["remedy"], err["detail"]], ["Fault", "unreachable", "retry", "host: ECONNREFUSED"]);
  });

  it("hides what stands under a secret's key, at any depth, in bindings too", async () => {
    const { log, text, lines } = await capture();
    const secret = "V8~verysecret";
    log.child({ accessKey: secret }).child({ password: secret, sourceId: 7 }).info({
      client_secret: secret,
      nested: { clientSecret: secret, list: [{ "Set-Cookie": secret, refresh_token: secret }] },
      headers: { Authorization: secret, "x-sumo-token": secret },
      secrets: { "/config/clientSecret": secret },
      config: { clientSecret: { secretRef: "env:NAME" } },
      tokens: 12,
      token: 12,
    });
    assert.ok(!text().includes(secret), text());
    const [line] = lines();
    assert.match(text(), /"nested":\{"clientSecret":"\*{8}"/);
    assert.deepEqual(line?.["config"], { clientSecret: { secretRef: "env:NAME" } });
    assert.equal(line?.["sourceId"], 7);
    assert.deepEqual([line?.["tokens"], line?.["token"]], [12, 12]);
  });

  it("hides what has the shape of a credential, in messages too", async () => {
    const token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiIifQ.c2ln-_";
    const shapes = [
      [`authorization: Bearer ${token}, next`, "authorization: Bearer ********, next"],
      ["POST https://e.sumologic.com/receiver/v1/http/ZaVnC4dhaV2_-== failed", "POST https://e.sumologic.com/receiver/v1/http/******** failed"],
      ["https://localhost/?code=0.AXoA-secret&state=1", "https://localhost/?code=********&state=1"],
      ["grant_type=x&client_secret=a%2Bb&scope=y", "grant_type=x&client_secret=********&scope=y"],
      ["Basic authentication is on, code=ENOENT", "Basic authentication is on, code=ENOENT"],
    ] as const;
    for (const [given, shown] of shapes) assert.equal(maskText(given), shown);
    for (const pretty of [false, true]) {
      const { log, text } = await capture({ pretty });
      log.info(`sent Bearer ${token}`);
      log.error({ err: new Error(`Bearer ${token}`) });
      assert.ok(!text().includes(token), text());
      assert.match(text(), /sent Bearer \*{8}/);
    }
  });

  it("survives objects that contain themselves", async () => {
    const { log, lines } = await capture();
    const loop: Record<string, unknown> = { a: 1 };
    loop["self"] = loop;
    log.info({ loop }, "looped");
    assert.equal(lines()[0]?.["msg"], "looped");
  });

  it("writes lines for people when asked", async () => {
    const { log, text } = await capture({ pretty: true });
    log.info({ rows: 5 }, "delivered");
    assert.match(text(), /INFO.*delivered/);
    assert.throws(() => JSON.parse(text()) as unknown);
  });
});
