import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { Fault, type FaultCode } from "../../service/core/fault.js";
import type { HttpRequest } from "../../service/ports.js";
import { createHttp } from "../../service/system/http.js";
import { answer, startHostile, type HostileServer, type Script } from "./hostile-server.js";

const PATH = "/receiver/v1/http/SECRETCODE?token=SECRETCODE";

describe("http", () => {
  const http = createHttp({ userAgent: "message-trace-collector/test", idleMs: 20_000 });
  const servers: HostileServer[] = [];
  const serve = async (script: Script) => {
    const server = await startHostile(script);
    servers.push(server);
    return server;
  };
  const ask = (origin: string, more: Partial<HttpRequest> = {}) => http({ method: "GET", url: origin + PATH, timeoutMs: 20_000, bytesMax: 100_000, ...more });
  const faults = async (work: Promise<unknown>, code: FaultCode, detail: RegExp) => {
    await assert.rejects(work, (error) => {
      assert.ok(error instanceof Fault, String(error));
      assert.equal(`${error.code}`, code, error.message);
      assert.match(error.message, detail);
      assert.ok(!`${error.stack} ${String(error.cause)}`.includes("SECRETCODE"), "the address is in the fault");
      return true;
    });
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it("sends what was asked and gives the whole answer", async () => {
    const server = await serve((socket) => socket.write(answer("201 Created", { "X-Some-Thing": "a", "content-type": "text/plain" }, Buffer.from("döne"))));
    const { status, headers, body } = await ask(server.origin, { method: "POST", body: "bödy", headers: { "x-mine": "1" } });
    assert.equal(status, 201);
    assert.equal(headers["x-some-thing"], "a");
    assert.equal(Buffer.from(body).toString(), "döne");
    const request = server.requests[0] ?? "";
    assert.match(request, /^POST \/receiver\/v1\/http\/SECRETCODE\?token=SECRETCODE HTTP\/1\.1\r\n/);
    for (const line of [/^accept-encoding: gzip\r$/im, /^user-agent: message-trace-collector\/test\r$/im, /^x-mine: 1\r$/im, /^content-length: 5\r$/im]) assert.match(request, line);
  });

  it("decompresses gzip, also an empty body that claims to be", async () => {
    const text = "row ".repeat(20_000);
    const server = await serve((socket, _, count) => socket.write(answer("200 OK", { "content-encoding": "gzip" }, count === 1 ? gzipSync(text) : Buffer.alloc(0))));
    assert.equal(Buffer.from((await ask(server.origin)).body).toString(), text);
    assert.equal((await ask(server.origin)).body.byteLength, 0);
  });

  it("sends bytes as they are", async () => {
    const body = Uint8Array.from([1, 2, 250, 255]).subarray(1, 3);
    const server = await serve((socket) => socket.write(answer("200 OK", {})));
    await ask(server.origin, { method: "POST", body });
    assert.ok(server.requests.join("").endsWith("\r\n\r\n\u0002\u00fa"));
  });

  it("uses a connection again, and drops it when it was idle for long", async () => {
    const short = createHttp({ userAgent: "t", idleMs: 50 });
    let closed: () => void = () => undefined;
    const idle = new Promise<void>((resolve) => (closed = resolve));
    const server = await serve((socket, _, count) => {
      if (count === 1) socket.once("close", () => closed());
      socket.write(answer("200 OK", {}, Buffer.from("x")));
    });
    for (let i = 0; i < 5; i += 1) await ask(server.origin);
    assert.equal(server.connections(), 1);
    const other = await serve((socket) => {
      socket.once("close", () => closed());
      socket.write(answer("200 OK", {}, Buffer.from("x")));
    });
    await short({ method: "GET", url: other.origin, timeoutMs: 20_000, bytesMax: 10 });
    await idle;
    await short({ method: "GET", url: other.origin, timeoutMs: 20_000, bytesMax: 10 });
    assert.equal(other.connections(), 2);
  });

  it("does not take the idle time for a time limit of answers", async () => {
    const short = createHttp({ userAgent: "t", idleMs: 30 });
    const server = await serve((socket) => void setTimeout(() => socket.write(answer("200 OK", {}, Buffer.from("late"))), 150));
    const { body } = await short({ method: "GET", url: server.origin, timeoutMs: 20_000, bytesMax: 10 });
    assert.equal(Buffer.from(body).toString(), "late");
  });

  it("returns redirects as answers and follows none", async () => {
    const elsewhere = await serve((socket) => socket.write(answer("200 OK", {})));
    for (const location of [`${elsewhere.origin}/x`, "http://[broken"]) {
      const server = await serve((socket) => socket.write(answer("302 Found", { location })));
      const { status } = await ask(server.origin, { headers: { authorization: "Bearer x" } });
      assert.equal(status, 302);
    }
    assert.equal(elsewhere.requests.length, 0);
  });

  const hostile: [string, Script, FaultCode, RegExp][] = [
    ["closing without an answer", (socket) => socket.destroy(), "connection-cut", /ECONNRESET/],
    ["a reset without an answer", (socket) => socket.resetAndDestroy(), "connection-cut", /ECONNRESET/],
    ["a body that is cut", (socket) => void socket.end(answer("200 OK", { "content-length": "500" }, Buffer.from("half"))), "connection-cut", /127\.0\.0\.1/],
    ["chunks that are cut", (socket) => void socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"), "connection-cut", /127\.0\.0\.1/],
    ["a head that is cut", (socket) => void socket.end("HTTP/1.1 200 OK\r\ncontent-le"), "connection-cut", /127\.0\.0\.1/],
    ["gzip that ends too early", (socket) => socket.write(answer("200 OK", { "content-encoding": "gzip" }, gzipSync("x".repeat(1000)).subarray(0, 20))), "connection-cut", /Z_BUF_ERROR/],
    ["gzip that is none", (socket) => socket.write(answer("200 OK", { "content-encoding": "gzip" }, Buffer.from("plain text"))), "bad-answer", /Z_DATA_ERROR/],
    ["an encoding that was not asked for", (socket) => socket.write(answer("200 OK", { "content-encoding": "br" }, Buffer.from("x"))), "bad-answer", /br/],
    ["a gzip bomb", (socket) => socket.write(answer("200 OK", { "content-encoding": "gzip" }, gzipSync(Buffer.alloc(50_000_000)))), "answer-too-large", /100000/],
    ["a plain body that is too large", (socket) => socket.write(answer("200 OK", {}, Buffer.alloc(100_001))), "answer-too-large", /100000/],
    ["a body without an end", (socket) => flood(socket), "answer-too-large", /100000/],
    ["headers without an end", (socket) => void socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(200_000)}\r\n\r\n`), "answer-too-large", /HPE_HEADER_OVERFLOW/],
    ["something that is not HTTP", (socket) => void socket.write("SSH-2.0-OpenSSH_9.6\r\n"), "bad-answer", /not HTTP/],
  ];
  for (const [what, script, code, detail] of hostile) {
    it(`takes ${what} for ${code}`, async () => {
      const server = await serve((socket, request) => void script(socket, request, 0));
      await faults(ask(server.origin), code, detail);
    });
  }

  it("ends a request that hangs, before or after the head, or drips", async () => {
    const scripts: Script[] = [
      () => undefined,
      (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx"),
      (socket) => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
        const drip = setInterval(() => socket.write("x"), 5);
        socket.once("close", () => clearInterval(drip));
      },
    ];
    for (const script of scripts) {
      const server = await serve(script);
      await faults(ask(server.origin, { timeoutMs: 100 }), "timeout", /within 100 ms/);
    }
  });

  it("rejects with the signal's reason, at once, before and within an answer", async () => {
    const reason = new Error("stopping");
    const isReason = (error: unknown) => error === reason;
    const server = await serve((socket, _, count) => {
      if (count === 2) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx");
      setImmediate(() => abort.abort(reason));
    });
    await assert.rejects(ask(server.origin, { signal: AbortSignal.abort(reason) }), isReason);
    assert.equal(server.requests.length, 0);
    let abort = new AbortController();
    await assert.rejects(ask(server.origin, { signal: abort.signal }), isReason);
    abort = new AbortController();
    await assert.rejects(ask(server.origin, { signal: abort.signal }), isReason);
    assert.equal(server.requests.length, 2);
  });

  it("tells that nothing was sent", async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    await faults(ask(`http://127.0.0.1:${port}`), "unreachable", new RegExp(`127.0.0.1:${port}: ECONNREFUSED`));
    await faults(ask("http://name.invalid"), "unreachable", /name\.invalid: E/);
    // No TLS on the other side: the handshake fails, the request never leaves.
    const plain = await serve((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await faults(ask(plain.origin.replace("http:", "https:")), "unreachable", /127\.0\.0\.1/);
    assert.ok(plain.requests.every((request) => !request.includes("SECRETCODE")));
    for (const url of ["nonsense SECRETCODE", "file:///etc/SECRETCODE", "https://user:SECRETCODE@host/"]) await faults(http({ method: "GET", url, timeoutMs: 1000, bytesMax: 10 }), "unreachable", /address/);
  });

  it("takes a cut of a kept connection for a cut: the request may have been read", async () => {
    const server = await serve((socket, _, count) => (count === 1 ? socket.write(answer("200 OK", {})) : socket.destroy()));
    await ask(server.origin);
    await faults(ask(server.origin), "connection-cut", /ECONNRESET/);
    assert.equal(server.connections(), 1);
  });

  it("takes a request that cannot be built for a defect", async () => {
    await faults(ask("http://127.0.0.1:1", { headers: { x: "a\r\nb: SECRETCODE" } }), "defect", /ERR_INVALID_CHAR/);
  });

  it("leaves no listener on a signal that lives long", async () => {
    const server = await serve((socket) => socket.write(answer("200 OK", {})));
    const { signal } = new AbortController();
    let listening = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...all: Parameters<typeof add>) => ((listening += 1), add(...all));
    signal.removeEventListener = (...all: Parameters<typeof remove>) => ((listening -= 1), remove(...all));
    await ask(server.origin, { signal });
    assert.equal(listening, 0);
  });
});

/** Writes as fast as it is read, until the reader has enough. */
function flood(socket: import("node:net").Socket): void {
  socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  const more = () => {
    while (!socket.destroyed && socket.write(`4000\r\n${"x".repeat(0x4000)}\r\n`));
  };
  socket.on("drain", more);
  more();
}
