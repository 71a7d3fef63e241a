/** The front door against what is hardly HTTP: it answers in the error form of the API, closes, and goes on for others. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { openFrontDoor, type FrontDoor } from "../../service/front-door.js";
import { createLog } from "../../service/system/log.js";

describe("front door: requests that cannot be read", () => {
  let door: FrontDoor;
  let told: string[];
  let arrive: (answer: () => void) => void;
  let arrived: Promise<() => void>;
  beforeEach(async () => {
    told = [];
    arrived = new Promise((resolve) => (arrive = resolve));
    door = await openFrontDoor({ host: "127.0.0.1", port: 0 }, await createLog({ level: "info", pretty: false, destination: { write: (line: string) => void told.push(line) } }));
    door.admit((request, response) => {
      if (request.url === "/half") response.writeHead(200, { "content-length": "100" }).write("half");
      // The nonsense came with it: it has been read by then.
      else if (request.url === "/later") setImmediate(() => arrive(() => void response.end("fine")));
      else response.end("fine");
    });
  });
  afterEach(() => {
    door.shut();
    door.close();
  });

  /** Everything that comes until the other side closes. */
  function exchange(bytes: string, after?: { readonly seen: string; readonly send: string }): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(Number(new URL(door.url).port), "127.0.0.1", () => socket.write(bytes));
      let text = "";
      let sent = false;
      socket.setEncoding("utf8");
      socket.on("data", (chunk: string) => {
        text += chunk;
        if (!after || sent || !text.includes(after.seen)) return;
        sent = true;
        socket.write(after.send);
      });
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(text));
    });
  }

  const broken: [name: string, bytes: string, status: number, code: string, says: RegExp][] = [
    ["no HTTP", "hello\r\n\r\n", 400, "request.invalid", /not HTTP/],
    ["an unknown method", "NONSENSE / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.invalid", /not HTTP/],
    ["two lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "request.invalid", /two ways/],
    ["headers without end", `GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${"a".repeat(20_000)}\r\n\r\n`, 431, "request.too.large", /16 KiB/],
  ];
  for (const [name, bytes, status, code, says] of broken) {
    it(`answers ${name} with ${status} ${code}, logs it under the id, and closes`, async () => {
      const [head = "", body = ""] = (await exchange(bytes)).split("\r\n\r\n");
      assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} .*\r\nContent-Type: application/json`));
      const answer = JSON.parse(body) as { status: number; id: string; code: string; message: string };
      assert.deepEqual([answer.status, answer.code], [status, code]);
      assert.match(answer.message, says);
      assert.ok(told.some((line) => line.includes(answer.id)), told.join(""));
      assert.equal((await exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).split("\r\n\r\n")[1], "fine");
    });
  }

  it("lets a whole request have its own answer, whatever nonsense follows it", async () => {
    const text = exchange("DELETE /later HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n");
    (await arrived)();
    assert.match(await text, /^HTTP\/1\.1 200 OK\r\n(?:.*\r\n)*\r\nfine$/);
  });

  it("answers a request whose body breaks off in nonsense", async () => {
    assert.match(await exchange("POST /later HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), /^HTTP\/1\.1 400 /);
  });

  it("writes nothing into an answer that is under way", async () => {
    const text = await exchange("GET /half HTTP/1.1\r\nHost: x\r\n\r\n", { seen: "half", send: "\u0000nonsense\r\n\r\n" });
    assert.equal(text.split("\r\n\r\n")[1], "half");
  });
});
