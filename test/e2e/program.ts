/** One run of a program as a child process: its words, its end, and the signals it gets. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { ROOT } from "./compiled.js";
import { until } from "./until.js";

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly tookMs: number;
}

export interface Program {
  readonly pid: number;
  /** Standard output and standard error so far. */
  readonly said: { readonly out: string; readonly err: string };
  readonly ended: Promise<End>;
  readonly hasEnded: boolean;
  /** Sends a signal and waits for the end; `tookMs` counts from the signal. */
  signal(signal: NodeJS.Signals): Promise<End>;
  /** Resolves when standard output matches. Throws Error when the program ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Programs that are still running: what is left at the end of the tests is killed. */
const running = new Set<ChildProcess>();

/** Starts node with these arguments. Of the tests' own environment only what a program needs to run is handed on. */
export function startProgram(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Program {
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  const child = spawn(process.execPath, [...args], { cwd: ROOT, env: { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout!.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr!.on("data", (chunk: Buffer) => err.push(chunk));
  const startedMs = performance.now();
  let over = false;
  const ended = once(child, "close").then(([code, signal]): End => {
    over = true;
    running.delete(child);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, tookMs: performance.now() - startedMs };
  });
  const program: Program = {
    pid: child.pid!,
    get said() {
      return { out: Buffer.concat(out).toString("utf8"), err: Buffer.concat(err).toString("utf8") };
    },
    get hasEnded() {
      return over;
    },
    ended,
    async signal(signal) {
      const sentMs = performance.now();
      child.kill(signal);
      return { ...(await ended), tookMs: performance.now() - sentMs };
    },
    says: (pattern) =>
      until(`a program that says ${pattern}`, () => {
        const found = pattern.exec(program.said.out);
        if (found === null && over) throw new Error(`the program ended without saying ${pattern}: ${program.said.out.slice(-2000)}${program.said.err.slice(-2000)}`);
        return found ?? undefined;
      }, () => program.said.out.slice(-500)),
  };
  return program;
}

/** Kills what a failed test has left behind. */
export async function killLeftovers(): Promise<void> {
  await Promise.all([...running].map((child) => {
    const ended = once(child, "close");
    child.kill("SIGKILL");
    return ended;
  }));
}
