/** Starts that cannot be: one sentence that names the variable, and exit code 78. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { launchCollector, listening } from "./collector.js";
import type { Stage } from "./stage.js";
import { until } from "./until.js";

type Row = readonly [what: string, environment: Readonly<Record<string, string>>, sentence: RegExp];

/** A sentence: the variable, what is wrong, and what to do. */
const WRONG: readonly Row[] = [
  ["a port that is none", { COLLECTOR_PORT: "http" }, /^COLLECTOR_PORT is "http", but must be a whole number from 0 to 65535/],
  ["a key that is too short", { COLLECTOR_ENCRYPTION_KEY: "c2hvcnQ=" }, /^COLLECTOR_ENCRYPTION_KEY must be 32 random bytes in base64/],
  ["an id without its key", { COLLECTOR_ACCESS_ID: "su1" }, /COLLECTOR_ACCESS_ID.* COLLECTOR_ACCESS_KEY.*set both/],
  ["a misspelt name", { COLLECTOR_DATADIR: "/srv" }, /^COLLECTOR_DATADIR is not a known setting: did you mean COLLECTOR_DATA_DIR\?/],
  ["a secret file that is not there", { COLLECTOR_ACCESS_ID: "su1", COLLECTOR_ACCESS_KEY_FILE: "/nowhere/key" }, /^COLLECTOR_ACCESS_KEY_FILE names the file "\/nowhere\/key", which cannot be read \(ENOENT\): make it readable/],
  ["a destinations file that is not there", { COLLECTOR_DESTINATIONS: "/nowhere/destinations.json" }, /^COLLECTOR_DESTINATIONS names the file .* cannot be read \(ENOENT\): correct the path/],
];

export function describeRefusedStarts(stage: () => Stage): void {
  describe("a start that cannot be", () => {
    const start = async (name: string, environment: Readonly<Record<string, string>>) => {
      const program = launchCollector({ main: stage().compiled.main, dataDir: join(stage().folder("refused"), name), environment });
      const { code } = await program.ended;
      return { code, err: program.said.err };
    };
    const refused = async (name: string, environment: Readonly<Record<string, string>>, sentence: RegExp) => {
      const { code, err } = await start(name, environment);
      assert.equal(code, 78, err);
      assert.match(err, sentence);
      assert.equal(err.trim().split("\n").length, 1, `one sentence, not: ${err}`);
    };

    for (const [what, environment, sentence] of WRONG) it(`${what}: 78 and a sentence`, () => refused(what.replaceAll(" ", "-"), environment, sentence));

    it("a destinations file with a mistake: 78, file and field", async () => {
      mkdirSync(stage().folder("refused"), { recursive: true });
      const path = join(stage().folder("refused"), "destinations.json");
      writeFileSync(path, JSON.stringify({ destinations: [{ name: "default", type: "file", paht: "rows" }] }));
      const { code, err } = await start("mistaken", { COLLECTOR_DESTINATIONS: path });
      assert.equal(code, 78);
      assert.match(err, /COLLECTOR_DESTINATIONS names the file .*destinations\.json.*\/destinations\/0/);
      assert.match(err, /paht/);
    });

    it("a port that is taken: 78, and the first start that follows still shows its access key", async () => {
      const other: Server = createServer().listen(0, "127.0.0.1");
      await once(other, "listening");
      const { port } = other.address() as AddressInfo;
      try {
        await refused("taken", { COLLECTOR_PORT: String(port) }, /^COLLECTOR_HOST and COLLECTOR_PORT: .*EADDRINUSE.*choose another port/);
      } finally {
        other.close();
      }
      const program = launchCollector({ main: stage().compiled.main, dataDir: join(stage().folder("refused"), "taken") });
      await listening(program);
      await until("the access key", () => /access key {2}\S+/.test(program.said.err));
      assert.equal((await program.signal("SIGTERM")).code, 0);
    });
  });
}
