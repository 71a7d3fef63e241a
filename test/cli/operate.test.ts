/** The commands that look at a collector and change what it does, as processes, against the web. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import { Fault } from "../../service/core/fault.js";
import { reached, STARTING, troubled } from "../../service/core/health.js";
import { definition, listen, NOW_MS, openBench, post, type Bench } from "../web/harness.js";
import { run as runWith } from "./run.js";

const HOUR_MS = 3_600_000;
const at = (hours: number) => new Date(NOW_MS + hours * HOUR_MS).toISOString();

describe("commands that look and operate", function () {
  // Some dozen processes, each of which loads the command anew.
  this.timeout(120_000);
  let bench: Bench;
  let ids: { readonly contoso: number; readonly other: number; readonly twins: readonly number[] };
  const run = (...given: string[]) => runWith(given, { url: bench.url });

  before(async () => {
    bench = await openBench();
    const { collector } = (await bench.send("POST", "/api/v1/collectors", { body: { collector: { name: "exchange" } } })).json as { collector: { id: number } };
    const { id: contoso } = await post(bench, { name: "contoso" });
    const { id: twin } = await post(bench, { name: "twin" });
    const inOther = async (name: string) => ((await bench.send("POST", `/api/v1/collectors/${collector.id}/sources`, { body: definition({ name }) })).json as { source: { id: number } }).source.id;
    ids = { contoso, other: await inOther("by Terraform"), twins: [twin, await inOther("twin")] };
    bench.states.set(contoso, { health: reached(STARTING, "Collecting") });
    bench.states.set(ids.other, { health: troubled(STARTING, new Fault("secret-expired", { status: 401 }), NOW_MS, NOW_MS) });
  });
  after(() => bench.close());

  it("sources: those of every collector, as a table or as JSON", async () => {
    const { code, stdout } = await run("sources");
    assert.equal(code, 0);
    const [head, ...rows] = stdout.trimEnd().split("\n");
    assert.match(head ?? "", /^ID +NAME +COLLECTOR +STATE$/);
    assert.equal(rows.length, 4);
    assert.ok(rows.some((row) => new RegExp(`^${ids.contoso} +contoso +default +Collecting$`).test(row)), stdout);
    assert.ok(rows.some((row) => new RegExp(`^${ids.other} +by Terraform +exchange +Error: The client secret has expired`).test(row)), stdout);
    const { sources } = JSON.parse((await run("sources", "--json")).stdout) as { sources: { id: number; collector: string }[] };
    assert.deepEqual(sources.map(({ id, collector }) => [id, collector]).toSorted(), [[ids.contoso, "default"], [ids.twins[0], "default"], [ids.other, "exchange"], [ids.twins[1], "exchange"]].toSorted());
  });

  it("status: by id or name, in whichever collector; a name that several have, and one that nobody has, are told", async () => {
    const byName = await run("status", "by Terraform");
    assert.match(byName.stdout, new RegExp(`^source +by Terraform \\(${ids.other}\\) in exchange\nstate +Error: `));
    assert.equal((await run("status", String(ids.other), "--json")).code, 0);
    const several = await run("status", "twin");
    assert.deepEqual([several.code, several.stdout], [1, ""]);
    assert.match(several.stderr, new RegExp(`give an id: ${ids.twins[0]} \\(in default\\), ${ids.twins[1]} \\(in exchange\\)`));
    const nobody = await run("status", "../accessKeys");
    assert.deepEqual([nobody.code, nobody.stderr], [1, 'there is no source "../accessKeys"; "collector sources" lists those there are\n']);
  });

  it("coverage, pause, resume, restart, rewind, give-up: a sentence, or with --json the answer", async () => {
    assert.match((await run("coverage", "contoso")).stdout, /^FROM +TO +STATE +ROWS\n/);
    assert.match((await run("pause", "contoso")).stdout, new RegExp(`^contoso \\(${ids.contoso}\\): Collecting, paused\\.\n$`));
    assert.equal((JSON.parse((await run("resume", "contoso", "--json")).stdout) as { source: { paused: boolean } }).source.paused, false);
    const started = bench.supervisor.started.length;
    assert.match((await run("restart", "by Terraform")).stdout, /starts anew/);
    assert.deepEqual(bench.supervisor.started.slice(started), [ids.other]);
    assert.match((await run("rewind", "contoso", "--to", at(-2))).stdout, /^The cursor of contoso .* is at 2026-11-22T\d\d:/);
    assert.match((await run("give-up", "contoso", "--from", at(-2), "--to", at(-1))).stdout, /^Recorded as lost of contoso .*: 2026-11-22T11:00:00.000Z to 2026-11-22T12:00:00.000Z\.\n$/);
    const refused = await run("rewind", "contoso", "--to", at(9));
    assert.deepEqual([refused.code, refused.stdout], [1, ""]);
    assert.match(refused.stderr, /^The request was refused\. Nothing between/);
  });

  it("backfill --wait: tells how far it is on standard error, and ends when the backfill does", async () => {
    const over = new AbortController();
    const ending = endBackfill(ids.twins[0]!, over.signal);
    const { stdout, stderr, code } = await run("backfill", String(ids.twins[0]), "--from", at(-30), "--to", at(-20), "--wait");
    over.abort();
    await ending;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Backfill \d+ of twin .*: 2026-11-21T07:00:00.000Z to 2026-11-21T17:00:00.000Z, 10 h in all\.\n$/);
    assert.match(stderr, /^twin: 0 %, 10 h of 10 h left, 0 rows delivered in all; Pending\n(?:.*\n)*twin: the backfill is done\.\n$/);
  });

  it("end as a shell expects: a reader that has enough, a full disk, a wrong key, nobody there, something else there", async () => {
    for (const given of [["sources", "--json"], ["validate", "examples/config-repo"], ["keys", "list"]]) {
      const unread = await runWith(given, { url: bench.url, reads: "nothing" });
      assert.deepEqual([unread.code, unread.stderr], [0, ""], given.join(" "));
    }
    if (existsSync("/dev/full")) {
      const file = await open("/dev/full", "w");
      const full = await runWith(["sources"], { url: bench.url, stdout: file.fd });
      await file.close();
      assert.equal(full.code, 1);
      assert.match(full.stderr, /^standard output cannot be written: ENOSPC.*\n$/);
    }
    const wrong = await run("sources", "--access-key", "wrong");
    assert.deepEqual([wrong.code, wrong.stdout], [1, ""]);
    assert.match(wrong.stderr, /^Credential could not be verified\..*\n$/);
    assert.deepEqual(await runWith(["sources"], { url: "http://127.0.0.1:9" }), { code: 1, stdout: "", stderr: "the collector cannot be reached at http://127.0.0.1:9: ECONNREFUSED\n" });
    assert.match((await runWith(["sources"], { url: "collector" })).stderr, /^error: option '--url <url>' value 'collector' from env 'COLLECTOR_URL' is invalid/);
  });

  it("send the key to the address alone, and tell when something else answers there", async () => {
    const asked: string[] = [];
    const elsewhere = createServer((request, response) => (asked.push(request.url ?? ""), response.end("{}")));
    const there = await listen(elsewhere);
    const other = createServer((request, response) => (request.url?.startsWith("/page") ? response.setHeader("content-type", "text/html").end("<html>Sign in</html>") : response.writeHead(301, { location: `${there}/` }).end()));
    const url = await listen(other);
    const redirected = await runWith(["sources"], { url });
    assert.deepEqual([redirected.code, redirected.stderr, asked], [1, `at ${url} something answers that is no collector (301, a redirect to ${there}/): check the address\n`, []]);
    assert.match((await runWith(["sources"], { url: `${url}/page/api/v1/` })).stderr, /no collector \(200, text\/html: <html>Sign in<\/html>\)/);
    for (const server of [elsewhere, other]) server.close();
  });

  /** Ends a backfill once somebody has looked at it twice. */
  async function endBackfill(id: number, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const looks = bench.log.filter(({ path }) => path.endsWith(`/${id}/status`)).length;
      const { coverage } = bench.states.get(id) ?? {};
      if (looks > 1 && coverage) bench.states.set(id, { coverage: { ...coverage, backfills: [] } });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
});
