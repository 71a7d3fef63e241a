/** The commands `keys` and `tail`, as processes, against the web. */
import assert from "node:assert/strict";
import type { Sink } from "../../service/ports.js";
import { openBench, post, type Bench } from "../web/harness.js";
import { run as runWith } from "./run.js";

describe("commands of access and looking", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const run = (...given: string[]) => runWith(given, { url: bench.url });

  it("keys: a key is created, works, is listed, is revoked, and works no more", async () => {
    const created = await run("keys", "create", "terraform", "--role", "editor", "--expires", "2027-01-01T00:00:00Z");
    assert.equal(created.code, 0, created.stderr);
    const [, accessId = "", accessKey = ""] = /access id {3}(\S+)\naccess key {2}(\S+)\n/.exec(created.stdout) ?? [];
    const key = { accessId, accessKey };
    assert.equal((await bench.send("GET", "/api/v1/sources", { key })).status, 200);
    const listed = await run("keys", "list");
    assert.match(listed.stdout, new RegExp(`^ACCESS ID .*\n${accessId}  editor  active +2027-01-01T00:00:00.000Z +terraform\n$`));
    const changed = await run("keys", "change", accessId, "--role", "reader", "--expires", "never");
    assert.equal(changed.stdout, `${accessId} (terraform) is active, with the role reader, and expires never.\n`, changed.stderr);
    assert.match((await run("keys", "change", accessId, "--name", "plans", "--expires", "2027-02-01T00:00:00Z")).stdout, /\(plans\) is active, with the role reader, and expires 2027-02-01T00:00:00\.000Z\./);
    assert.equal((await bench.send("POST", "/api/v1/sources", { key, body: {} })).status, 403);
    assert.equal((await run("keys", "revoke", accessId)).code, 0);
    assert.equal((await bench.send("GET", "/api/v1/sources", { key })).status, 401);
    const unknown = await run("keys", "revoke", "suNobody");
    assert.deepEqual([unknown.code, unknown.stdout], [1, ""]);
    assert.match(unknown.stderr, /could not be found/);
    assert.match((await run("keys", "create", "x", "--role", "root")).stderr, /Allowed choices are reader, editor, admin/);
  });

  it("tail: lines are printed as they are delivered, each once", async () => {
    const { id } = await post(bench);
    const sink: Sink = { limits: { batchBytesMax: 1, batchRowsMax: 1 }, check: async () => undefined, write: async () => ({ sentBytes: 0 }), close: async () => undefined };
    const [first, second] = [bench.recent.watch("default", sink), bench.recent.watch("archive", sink)];
    const origin = { sourceId: id, name: "x", fields: {} };
    const over = new AbortController();
    const delivering = (async () => {
      for (let at = 0; !over.signal.aborted; at++) {
        for (const one of [first, second]) await one.write({ id: String(at), lines: [`{"row":${at}}`], bytes: 0, origin }, new AbortController().signal);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const { code, stdout, stderr } = await run("tail", String(id), "--lines", "5", "--interval-ms", "10");
    const enough = await runWith(["tail", String(id), "--interval-ms", "10"], { url: bench.url, reads: "one line" });
    over.abort();
    await delivering;
    assert.deepEqual([enough.code, enough.stderr], [0, ""], "it ends when its reader does");
    assert.equal(code, 0, stderr);
    const rows = stdout.trimEnd().split("\n").map((line) => (JSON.parse(line) as { row: number }).row);
    assert.deepEqual(rows, Array.from({ length: 5 }, (_, at) => rows[0]! + at));
    assert.match((await run("tail", "100000009")).stderr, /there is no source "100000009"/);
  });
});
