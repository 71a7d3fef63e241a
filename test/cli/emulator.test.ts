/** `collector emulator` as a process: what it prints is enough to start a collector on it, and Ctrl-C ends it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { validateDefinition } from "../../schema/index.js";
import { readSettings } from "../../service/settings.js";
import { run } from "./run.js";

describe("command emulator", function () {
  this.timeout(30_000);

  it("prints settings and definitions that a collector takes, and ends with 0 on Ctrl-C", async () => {
    const child = spawn(process.execPath, ["--import=tsx", "service/cli/collector.ts", "emulator", "--port", "0"], { cwd: fileURLToPath(new URL("../..", import.meta.url)), env: { PATH: process.env["PATH"] ?? "" }, stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      text += chunk.toString();
      if (/reporting\).*\n$/.test(text)) break;
    }
    const lines = text.trimEnd().split("\n");
    const settings = readSettings(Object.fromEntries(lines.filter((line) => line.startsWith("COLLECTOR_")).map((line) => line.split("=") as [string, string])));
    const url = /^emulator at (.*)$/.exec(lines[0]!)![1]!;
    assert.deepEqual(settings.microsoft, { loginUrl: `${url}/login`, graphUrl: `${url}/graph`, reportingUrl: `${url}/reporting` });
    const definitions = lines.filter((line) => line.startsWith("{")).map((line) => validateDefinition(JSON.parse(line), Date.now()));
    assert.deepEqual(definitions.map((verdict) => verdict.ok && verdict.normal.generation), ["2.0", "1.0"]);
    const ended = once(child, "exit");
    child.kill("SIGINT");
    assert.deepEqual(await ended, [0, null]);
  });

  it("says which number is wrong", async () => {
    const { code, stderr } = await run(["emulator", "--rows-per-second", "abc"]);
    assert.deepEqual([code, stderr.split("\n")[0]], [1, "error: option '--rows-per-second <number>' argument 'abc' is invalid. must be a number from 0."]);
  });
});
