import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { Fault, type FaultCode } from "../../service/core/fault.js";
import type { Http, HttpRequest, Sink, SinkPorts } from "../../service/ports.js";
import { createResolveSecret } from "../../service/system/secrets.js";
import { batchOf, realPorts, sinkType } from "./fixtures.js";
import { startReceiver, type Receiver } from "./receiver.js";

const never = new AbortController().signal;
const SECRET = "ZaVnC4dhaV2SECRETCODE==";
const defaults = { compression: "gzip", compression_level: 1, batch_bytes_max: 1_000_000, timeout_seconds: 30 };

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof Fault, `not a fault: ${String(error)}`);
    return error;
  }
  throw new assert.AssertionError({ message: "no fault" });
}

describe("sink sumo-logic-http", () => {
  let receiver: Receiver;
  const open = (config: object = {}, ports: Partial<SinkPorts> = {}): Sink =>
    sinkType("sumo-logic-http").open("default", { url: receiver.url, ...defaults, ...config }, realPorts(ports));
  beforeEach(async () => (receiver = await startReceiver()));
  afterEach(() => receiver.close());

  it("sends what Sumo's own senders send", async () => {
    const origin = { name: "Exchange", category: "ms/exchange", fields: { team: "mail", _siemForward: true } };
    await open({ host: "collector-1" }).write(batchOf(['{"a":1}', '{"a":2}'], origin), never);
    const [request] = receiver.received;
    assert.equal(request?.method, "POST");
    assert.equal(request.text, '{"a":1}\n{"a":2}\n');
    const { headers } = request;
    assert.equal(headers["content-encoding"], "gzip");
    assert.equal(headers["content-type"], "application/x-www-form-urlencoded");
    assert.equal(headers["content-length"], String(request.raw.length));
    assert.equal(headers["x-sumo-client"], "message-trace-collector");
    assert.equal(headers["x-sumo-name"], "Exchange");
    assert.equal(headers["x-sumo-category"], "ms/exchange");
    assert.equal(headers["x-sumo-host"], "collector-1");
    assert.equal(headers["x-sumo-fields"], "team=mail,_siemForward=true");
  });

  it("prefers the destination's category and fields, and leaves out what is not given", async () => {
    const sink = open({ category: "ours", fields: { team: "siem" } });
    await sink.write(batchOf(["{}"], { category: "theirs", fields: { team: "mail", a: "1", _siemForward: false } }), never);
    await open().write(batchOf(["{}"]), never);
    const [first, second] = receiver.received;
    assert.equal(first?.headers["x-sumo-category"], "ours");
    assert.equal(first?.headers["x-sumo-fields"], "team=siem,a=1");
    for (const name of ["x-sumo-category", "x-sumo-host", "x-sumo-fields", "x-sumo-token"]) assert.equal(second?.headers[name], undefined, name);
  });

  it("writes header text as UTF-8 bytes", async () => {
    await open().write(batchOf(["{}"], { name: "Büro 東京 📬", category: "straße", fields: { ort: "Köln" } }), never);
    const raw = receiver.received[0]?.rawHeaders ?? {};
    const onTheWire = (name: string) => Buffer.from(raw[name] ?? "", "latin1").toString("utf8");
    assert.equal(onTheWire("x-sumo-name"), "Büro 東京 📬");
    assert.equal(onTheWire("x-sumo-category"), "straße");
    assert.equal(onTheWire("x-sumo-fields"), "ort=Köln");
  });

  for (const [what, origin] of [
    ["a line feed in the name", { name: "a\r\nx-injected: 1" }],
    ["a NUL in the category", { category: "a\u0000b" }],
    ["a comma in a field's value", { fields: { a: "1,b=2" } }],
    ["an equals sign in a field's key", { fields: { "a=b": "1" } }],
    ["a line feed in a field's value", { fields: { a: "1\nx: 2" } }],
    ["a value of 201 characters", { fields: { a: "x".repeat(201) } }],
    ["31 fields", { fields: Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`f${i}`, "x"])) }],
  ] as const) {
    it(`refuses ${what} and sends nothing`, async () => {
      const fault = await faultOf(open().write(batchOf(["{}"], origin), never));
      assert.equal(fault.code, "destination-refused");
      assert.equal(receiver.received.length, 0);
    });
  }

  it("gives identical bytes for identical rows, and plain text without compression", async () => {
    const sink = open({ compression_level: 6 });
    await sink.write(batchOf(['{"a":1}']), never);
    await sink.write(batchOf(['{"a":1}']), never);
    assert.deepEqual(receiver.received[0]?.raw, receiver.received[1]?.raw);
    assert.deepEqual(receiver.received[0]?.raw.subarray(4, 8), Buffer.alloc(4));
    await open({ compression: "none" }).write(batchOf(['{"a":1}']), never);
    assert.equal(receiver.received[2]?.raw.toString(), '{"a":1}\n');
    assert.equal(receiver.received[2]?.headers["content-encoding"], undefined);
  });

  it("refuses a batch beyond the bound for splitting, and sends a single longer line alone", async () => {
    const sink = open({ batch_bytes_max: 100 });
    const fault = await faultOf(sink.write(batchOf(["x".repeat(60), "y".repeat(60)]), never));
    assert.equal(fault.code, "destination-too-large");
    assert.equal(receiver.received.length, 0);
    await sink.write(batchOf(["x".repeat(200)]), never);
    assert.deepEqual(receiver.lines(), ["x".repeat(200)]);
    assert.equal(sink.limits.batchBytesMax, 100);
  });

  const statuses: [number, FaultCode][] = [
    [301, "destination-refused"],
    [400, "destination-refused"],
    [401, "destination-refused"],
    [403, "destination-refused"],
    [404, "destination-refused"],
    [408, "destination-too-large"],
    [413, "destination-too-large"],
    [415, "destination-refused"],
    [429, "destination-throttled"],
    [500, "destination-error"],
    [502, "destination-error"],
    [503, "destination-error"],
    [504, "destination-error"],
  ];
  for (const [status, code] of statuses) {
    it(`answers HTTP ${status} with ${code}`, async () => {
      receiver.behave({ kind: "answer", status, headers: { location: "https://elsewhere.example/" } });
      const fault = await faultOf(open().write(batchOf(["{}"]), never));
      assert.equal(fault.code, code);
      assert.equal(fault.status, status);
      assert.equal(fault.retryAfterMs, undefined);
      assert.match(fault.message, new RegExp(String(status)));
      assert.equal(receiver.received.length, 1);
      assert.equal((await faultOf(open().check(never))).code, code);
    });
  }

  it("passes Retry-After on", async () => {
    for (const status of [429, 503]) {
      receiver.behave({ kind: "answer", status, headers: { "retry-after": "120" }, body: "You have temporarily exceeded your Sumo Logic quota." });
      const fault = await faultOf(open().write(batchOf(["{}"]), never));
      assert.equal(fault.retryAfterMs, 120_000);
      assert.match(fault.message, /exceeded your Sumo Logic quota/);
    }
  });

  it("takes a 200 with a body for taken, with a bounded warning in one line", async () => {
    const body = JSON.stringify({ status: 200, id: "1", code: "internal.error", message: `bad\n${"x".repeat(5_000)}` });
    receiver.behave({ kind: "answer", status: 200, body });
    const { warning } = await open().write(batchOf(["{}"]), never);
    assert.match(warning ?? "", /^internal\.error: bad x+$/);
    assert.ok((warning ?? "").length <= 300);
  });

  it("never shows the address or the token", async () => {
    const body = `no such source: ${receiver.url} (${SECRET}) s3cret-token-value`;
    for (const config of [{}, { url: undefined, endpoint: receiver.url.replace(SECRET, ""), token: "s3cret-token-value" }]) {
      for (const status of [200, 401, 503]) {
        receiver.behave({ kind: "answer", status, body: "url" in config ? body.replace(receiver.url, "").replace(SECRET, "") : body.replace("s3cret-token-value", "") });
        const shown = await open(config).write(batchOf(["{}"]), never).then((receipt) => receipt.warning ?? "", (error: Error) => `${error.message} ${error.stack} ${JSON.stringify(error)}`);
        assert.match(shown, /no such source/);
        assert.ok(!shown.includes(SECRET) && !shown.includes("s3cret-token-value"), shown);
      }
    }
  });

  it("sends a token in a header to the endpoint, and looks secrets up anew for each batch", async () => {
    const env: Record<string, string> = { TOKEN: "first-token" };
    const ports = { resolveSecret: createResolveSecret(env) };
    const sink = open({ url: undefined, endpoint: receiver.url.replace(SECRET, ""), token: { secretRef: "env:TOKEN" } }, ports);
    await sink.write(batchOf(["{}"]), never);
    env["TOKEN"] = "second-token";
    await sink.write(batchOf(["{}"]), never);
    assert.deepEqual(receiver.received.map(({ headers }) => headers["x-sumo-token"]), ["first-token", "second-token"]);
    assert.equal(receiver.received[0]?.path, "/receiver/v1/http/");
    env["TOKEN"] = "";
    assert.equal((await faultOf(sink.write(batchOf(["{}"]), never))).code, "secret-unresolved");
  });

  it("refuses an address that is none without showing it", async () => {
    for (const url of ["no address at all", "ftp://x.example/y"]) {
      const fault = await faultOf(open({ url }).write(batchOf(["{}"]), never));
      assert.equal(fault.code, "destination-refused");
      assert.ok(!fault.message.includes(url));
    }
  });

  it("tells an unreachable receiver from a lost answer, and both without the address", async () => {
    receiver.behave({ kind: "cut" });
    const lost = await faultOf(open().write(batchOf(["{}"]), never));
    assert.equal(lost.code, "destination-error");
    assert.match(lost.message, /answer was lost/);
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const unreachable = await faultOf(open({ url: `http://127.0.0.1:${port}/receiver/v1/http/${SECRET}` }).write(batchOf(["{}"]), never));
    assert.equal(unreachable.code, "destination-unreachable");
    assert.match(unreachable.message, /ECONNREFUSED/);
    for (const { stack } of [lost, unreachable]) assert.ok(!stack?.includes(SECRET));
  });

  it("gives the time limit to the request and takes its passing for a lost answer", async () => {
    const asked: HttpRequest[] = [];
    const http: Http = async (request) => {
      asked.push(request);
      throw new Fault("timeout", { detail: "h: no whole answer" });
    };
    const fault = await faultOf(open({ timeout_seconds: 7 }, { http }).write(batchOf(["{}"]), never));
    assert.equal(fault.code, "destination-error");
    assert.equal(asked[0]?.timeoutMs, 7_000);
  });
});
