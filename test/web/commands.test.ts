/** The commands `keys` and `tail`, as processes, against the web. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Sink } from "../../service/ports.js";
import { COLLECTOR_ID, definition, KEY, openBench, post, type Bench } from "./harness.js";

const COLLECTOR = fileURLToPath(new URL("../../service/cli/collector.ts", import.meta.url));

describe("commands of access and looking", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const run = (...given: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const env = { PATH: process.env["PATH"] ?? "", COLLECTOR_ACCESS_ID: KEY.accessId, COLLECTOR_ACCESS_KEY: KEY.accessKey };
      execFile(process.execPath, ["--import=tsx", COLLECTOR, ...given, "--url", bench.url], { env }, (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }));
    });

  it("keys: a key is created, works, is listed, is revoked, and works no more", async () => {
    const created = await run("keys", "create", "terraform", "--role", "editor", "--expires", "2027-01-01T00:00:00Z");
    assert.equal(created.code, 0, created.stderr);
    const [, accessId = "", accessKey = ""] = /access id {3}(\S+)\naccess key {2}(\S+)\n/.exec(created.stdout) ?? [];
    const key = { accessId, accessKey };
    assert.equal((await bench.send("GET", "/api/v1/sources", { key })).status, 200);
    const listed = await run("keys", "list");
    assert.match(listed.stdout, new RegExp(`^${accessId}  editor  active +2027-01-01T00:00:00.000Z +terraform\n$`));
    assert.equal((await run("keys", "revoke", accessId)).code, 0);
    assert.equal((await bench.send("GET", "/api/v1/sources", { key })).status, 401);
    const unknown = await run("keys", "revoke", "suNobody");
    assert.deepEqual([unknown.code, unknown.stdout], [1, ""]);
    assert.match(unknown.stderr, /could not be found/);
    assert.match((await run("keys", "create", "x", "--role", "root")).stderr, /Allowed choices are reader, editor, admin/);
  });

  it("sources, status, pause, coverage: by the id alone, whichever collector has the source", async () => {
    const { id: first } = await post(bench, { name: "first" });
    const made = (await bench.send("POST", "/api/v1/collectors", { body: { collector: { name: "west" } } })).json as { collector: { id: number } };
    const { source } = (await bench.send("POST", `/api/v1/collectors/${made.collector.id}/sources`, { body: definition({ name: "second" }) })).json as { source: { id: number } };
    const listed = JSON.parse((await run("sources")).stdout) as { sources: { id: number; collector: string }[] };
    assert.deepEqual(listed.sources.map(({ id, collector }) => [id, collector]), [[first, "default"], [source.id, "west"]]);
    for (const [id, name] of [[first, "first"], [source.id, "second"]] as const) {
      const [status, coverage, paused] = await Promise.all([run("status", String(id)), run("coverage", String(id), "--from", "2026-11-01T00:00:00Z"), run("pause", String(id))]);
      assert.deepEqual([status.code, (JSON.parse(status.stdout) as { status: { name: string } }).status.name], [0, name], status.stderr);
      assert.deepEqual([coverage.code, (JSON.parse(coverage.stdout) as { coverage: { id: number } }).coverage.id], [0, id], coverage.stderr);
      assert.deepEqual([paused.code, bench.app.definitions.get(id)!.record.paused], [0, true], paused.stderr);
    }
    assert.equal(bench.app.definitions.get(source.id)!.record.collectorId !== COLLECTOR_ID, true);
    const unknown = await run("status", "100000099");
    assert.deepEqual([unknown.code, /could not be found/.test(unknown.stderr)], [1, true]);
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
    over.abort();
    await delivering;
    assert.equal(code, 0, stderr);
    const rows = stdout.trimEnd().split("\n").map((line) => (JSON.parse(line) as { row: number }).row);
    assert.deepEqual(rows, Array.from({ length: 5 }, (_, at) => rows[0]! + at));
    assert.match((await run("tail", "100000009")).stderr, /could not be found/);
  });
});
