import assert from "node:assert/strict";
import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import { serveEmulator, type ServedEmulator } from "../../service/emulator/serve-emulator.js";
import { GRAPH_PATH, graphFilter, HOUR_MS, rig, START_MS, type Json, type Rig } from "./rig.js";

describe("emulator: socket", () => {
  const flow = { segments: [{ fromMs: START_MS - HOUR_MS, toMs: START_MS }], rowsPerSecond: 0.1 };
  let r: Rig;
  let served: ServedEmulator;
  beforeEach(async () => {
    r = rig({ flow });
    served = await serveEmulator(r.emulator, { host: "127.0.0.1", port: 0 });
  });
  afterEach(() => served.close());

  /** As it is on the wire, nothing unpacked. */
  const raw = (path: string, headers: Record<string, string>) => new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }>((resolve, reject) => {
    request(`${served.url}${path}`, { headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) }));
    }).on("error", reject).end();
  });

  it("says the same packed and plain, and packs only for those who can unpack", async () => {
    const headers = { authorization: `Bearer ${await r.token("graph")}` };
    const path = `${GRAPH_PATH}${graphFilter(START_MS - HOUR_MS, START_MS)}`;
    const plain = await raw(path, headers);
    const packed = await raw(path, { ...headers, "accept-encoding": "gzip, deflate" });
    assert.equal(plain.headers["content-encoding"], undefined);
    assert.equal(packed.headers["content-encoding"], "gzip");
    assert.ok(packed.body.length < plain.body.length / 2);
    assert.equal(gunzipSync(packed.body).toString(), plain.body.toString());
    assert.equal(packed.headers["content-length"], String(packed.body.length));
  });

  it("makes links for its own address", async () => {
    const answer = await fetch(`${served.url}${GRAPH_PATH}${graphFilter(START_MS - HOUR_MS, START_MS)}&$top=1`, { headers: { authorization: `Bearer ${await r.token("graph")}` } });
    assert.ok(String(((await answer.json()) as Json)["@odata.nextLink"]).startsWith(`${served.url}/graph/`));
  });

  it("shows status and ledger", async () => {
    await fetch(`${served.url}/receiver/v1/http/x`, { method: "POST", body: new TextEncoder().encode("no row") });
    const status = (await (await fetch(`${served.url}/emulator/status`)).json()) as { tenants: Json[]; receiver: Json };
    const produced = [...r.emulator.produced()];
    assert.equal(status.tenants[0]!["produced"], produced.length);
    assert.equal(status.tenants[0]!["visible"], produced.filter((row) => row.visibleAtMs <= START_MS).length);
    assert.equal(status.receiver["lines"], 1);
    const ledger = (await (await fetch(`${served.url}/emulator/ledger`)).json()) as Json;
    assert.deepEqual([ledger["lost"], ledger["delivered"], ledger["unexpected"]], [status.tenants[0]!["visible"], 0, 1]);
  });

  it("answers 404 to what it does not know", async () => {
    assert.equal((await fetch(`${served.url}/nothing`)).status, 404);
  });

  it("rejects when the port is taken", async () => {
    const port = Number(new URL(served.url).port);
    await assert.rejects(serveEmulator(r.emulator, { host: "127.0.0.1", port }), { code: "EADDRINUSE" });
  });
});
