/** The first start, the second one beside it, and the one after: what an operator sees. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Collector, isCollecting, launchCollector, listening, untilShown, type Access } from "./collector.js";
import { FROM_SOURCES } from "./compiled.js";
import { tenantOf } from "./definitions.js";
import { fileLines } from "./kill-verdict.js";
import { serveMicrosoft, type Microsoft } from "./microsoft.js";
import { huntSecrets } from "./secret-hunt.js";
import type { Stage } from "./stage.js";
import { until } from "./until.js";

const shell = promisify(execFile);
const LIVE_ROWS_PER_SECOND = 5;

export function describeFirstStart(stage: () => Stage): void {
  describe("first start", () => {
    let microsoft: Microsoft;
    let dataDir: string;
    let collector: Collector;
    let access: Access;
    const tenant = tenantOf("first", { segments: [{ fromMs: Date.now() }], rowsPerSecond: LIVE_ROWS_PER_SECOND, shareLate: 0, shareChanging: 0 });

    before(async () => {
      microsoft = await serveMicrosoft({ seed: "first", tenants: [tenant] });
      dataDir = join(stage().folder("first"), "data");
    });
    after(() => microsoft.close());

    it("makes folder and key file, and shows an access key that works", async () => {
      // As `npm start` does it.
      const program = launchCollector({ main: FROM_SOURCES.main, dataDir, microsoft: microsoft.url });
      const url = await listening(program);
      const shown = await until("the access key on standard error", () => /access id {3}(\S+)\n {2}access key {2}(\S+)/.exec(program.said.err) ?? undefined);
      access = { accessId: shown[1]!, accessKey: shown[2]! };
      collector = new Collector(program, url, access);
      assert.equal(statSync(dataDir).mode & 0o777, 0o700);
      assert.equal(statSync(join(dataDir, "encryption.key")).mode & 0o777, 0o600);
      assert.deepEqual(await collector.sources(), []);
      const stranger = new Collector(program, url, { ...access, accessKey: `${access.accessKey}x` });
      assert.equal((await stranger.call("GET", "/api/v1/sources")).status, 401);
    });

    it("keeps of the access key nothing but a hash", async () => {
      const leaks = await huntSecrets({ secrets: [access.accessKey], programs: [], folders: [dataDir] });
      assert.deepEqual(leaks, []);
    });

    it("prints a curl line that a shell runs, once the three values are put in", async () => {
      const line = /^ {2}(curl [\s\S]*?)\n\n/m.exec(collector.program.said.err)?.[1];
      assert.ok(line, collector.program.said.err);
      const untouched = JSON.parse((await shell("/bin/sh", ["-c", `${line} --silent`])).stdout) as { status: number; message: string };
      assert.equal(untouched.status, 400, "the stand-ins must be refused");
      const filled = line.replace("<application id>", tenant.clientId).replace("<tenant id>", tenant.tenantId).replace("<client secret>", tenant.clientSecret);
      const { source } = JSON.parse((await shell("/bin/sh", ["-c", `${filled} --silent`])).stdout) as { source: { id: number } };
      await untilShown(collector, source.id, "collecting", isCollecting);
    });

    it("says to a second one who holds the folder, and ends it with 78", async () => {
      const second = launchCollector({ main: stage().compiled.main, dataDir });
      const { code } = await second.ended;
      assert.equal(code, 78);
      assert.match(second.said.err, new RegExp(`held by process ${collector.program.pid} on host .*COLLECTOR_DATA_DIR`));
      assert.deepEqual(second.said.err.trim().split("\n").length, 1);
    });

    it("shows the key never again, and knows it still", async () => {
      const { code } = await collector.stop();
      assert.equal(code, 0);
      collector = await Collector.start({ main: stage().compiled.main, dataDir, microsoft: microsoft.url });
      const again = new Collector(collector.program, collector.url, access);
      const [source] = await again.sources();
      assert.ok(source);
      await until("rows in the default destination", () => fileLines(join(dataDir, "rows", "rows-current.ndjson")).length > 0);
      assert.ok(!`${collector.program.said.err}${collector.program.said.out}`.includes(access.accessKey));
      assert.doesNotMatch(collector.program.said.err, /access key/);
      await collector.stop();
      const leaks = await huntSecrets({ secrets: [tenant.clientSecret, access.accessKey, ...microsoft.tokens], programs: [collector.program], folders: [dataDir] });
      assert.deepEqual(leaks, []);
    });
  });
}
