/** The command `collector` as a process, with nothing of this process's environment but PATH, and without a terminal. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { KEY } from "../web/harness.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface RunOptions {
  /** As COLLECTOR_URL. */
  readonly url?: string;
  /** A reader that goes away: at once, or after the first line, as `| head -1` does. */
  readonly reads?: "nothing" | "one line";
  /** File descriptor in the place of a reader. */
  readonly stdout?: number;
}

export function run(given: readonly string[], { url, reads, stdout: descriptor }: RunOptions = {}): Promise<Ran> {
  const env = { PATH: process.env["PATH"] ?? "", COLLECTOR_ACCESS_ID: KEY.accessId, COLLECTOR_ACCESS_KEY: KEY.accessKey, ...(url === undefined ? {} : { COLLECTOR_URL: url }) };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import=tsx", "service/cli/collector.ts", ...given], { env, cwd: ROOT, stdio: ["ignore", descriptor ?? "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    if (reads === "nothing") child.stdout?.destroy();
    else {
      child.stdout?.on("data", (chunk: Buffer) => {
        stdout += chunk.toString();
        if (reads === "one line" && stdout.includes("\n")) child.stdout?.destroy();
      });
    }
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
