import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { Fault } from "../../service/core/fault.js";
import type { Batch, Disk, Sink, SinkPorts, SinkType } from "../../service/ports.js";
import { SINK_TYPES } from "../../service/sinks/registry.js";
import { systemClock } from "../../service/system/clock.js";
import { systemDisk } from "../../service/system/disk.js";
import { createHttp } from "../../service/system/http.js";
import { createResolveSecret } from "../../service/system/secrets.js";
import { createStdout } from "../../service/system/stdout.js";
import { startReceiver } from "./receiver.js";

/** One opened sink in front of a destination that can be looked into and made to misbehave. */
export interface Bench {
  readonly sink: Sink;
  /** Every line that the destination holds, in order. */
  lines(): Promise<string[]>;
  /** From now on: take nothing and answer nothing; fail each batch; work. */
  behave(how: "stick" | "fail" | "work"): void;
  /** Resolves when a write is stuck in the destination. */
  stuck(): Promise<void>;
  close(): Promise<void>;
}

/** Real adapters; what a test replaces is named. */
export function realPorts(replaced: Partial<SinkPorts> = {}): SinkPorts {
  return {
    http: createHttp({ userAgent: "test", idleMs: 20_000 }),
    disk: systemDisk,
    clock: systemClock,
    resolveSecret: createResolveSecret({}),
    stdout: async () => {
      throw new Error("not the sink under test");
    },
    ...replaced,
  };
}

export function sinkType(type: string): SinkType {
  const found = SINK_TYPES.find((candidate) => candidate.type === type);
  if (!found) throw new Error(`no sink type ${type}`);
  return found;
}

export function batchOf(lines: readonly string[], origin: Partial<Batch["origin"]> = {}): Batch {
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  return { id: "b1", lines, bytes, origin: { sourceId: 100_000_001, name: "Exchange", fields: {}, ...origin } };
}

/** A latch: stuck callers wait in it, `stuck` tells when the first one does. */
function latch() {
  let how: "stick" | "fail" | "work" = "work";
  const held: (() => void)[] = [];
  const waiting: (() => void)[] = [];
  return {
    behave(next: typeof how) {
      how = next;
      if (next !== "stick") for (const free of held.splice(0)) free();
    },
    failing: () => how === "fail",
    stuck: () => (held.length > 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve))),
    /** Throws when it is to fail, waits while it is to stick. */
    async pass(fault: () => Error): Promise<void> {
      if (how === "stick") {
        await new Promise<void>((resolve) => {
          held.push(resolve);
          for (const tell of waiting.splice(0)) tell();
        });
      }
      if (how === "fail") throw fault();
    },
  };
}

async function fileBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "sink-file-"));
  const gate = latch();
  const disk: Disk = {
    ...systemDisk,
    async append(path) {
      const file = await systemDisk.append(path);
      return {
        get sizeBytes() {
          return file.sizeBytes;
        },
        async write(bytes) {
          await gate.pass(() => new Fault("destination-full", { detail: "ENOSPC" }));
          await file.write(bytes);
        },
        sync: () => file.sync(),
        close: () => file.close(),
      };
    },
  };
  const config = { path: join(folder, "rows"), prefix: "rows", rotate_bytes: 2_000, rotate_seconds: 3600, gzip: false };
  return {
    sink: sinkType("file").open("default", config, realPorts({ disk })),
    lines: () => linesIn(config.path),
    behave: gate.behave,
    stuck: gate.stuck,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Lines of a folder of uncompressed files: those put aside by time and number, then the current one. */
export async function linesIn(folder: string): Promise<string[]> {
  const order = (name: string) => (name.includes("-current.") ? "~" : name.replace(/-(\d+)\.ndjson$/, (_, n: string) => `-${n.padStart(6, "0")}`));
  const names = (await readdir(folder)).toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.join("").split("\n").filter((line) => line !== "");
}

async function stdoutBench(): Promise<Bench> {
  const gate = latch();
  const taken: Buffer[] = [];
  const stream = new Writable({
    async write(chunk: Buffer, _encoding, done) {
      await gate.pass(() => new Error("checked in front"));
      taken.push(chunk);
      done();
    },
  });
  const write = createStdout(stream);
  // An error would end this stream for good, as it ends a real one: so the port is what fails.
  const stdout = (text: string) => (gate.failing() ? Promise.reject(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })) : write(text));
  return {
    sink: sinkType("stdout").open("default", {}, realPorts({ stdout })),
    lines: async () => Buffer.concat(taken).toString("utf8").split("\n").filter((line) => line !== ""),
    behave: gate.behave,
    stuck: gate.stuck,
    close: async () => undefined,
  };
}

async function sumoBench(): Promise<Bench> {
  const receiver = await startReceiver();
  const config = { url: receiver.url, compression: "gzip", compression_level: 1, batch_bytes_max: 1_000_000, timeout_seconds: 60 };
  let before = 0;
  return {
    sink: sinkType("sumo-logic-http").open("default", config, realPorts()),
    lines: async () => receiver.lines(),
    behave(how) {
      before = receiver.received.length;
      if (how === "stick") receiver.behave({ kind: "hang" });
      else receiver.behave({ kind: "answer", status: how === "fail" ? 503 : 200 });
    },
    stuck: () => receiver.arrived(before + 1),
    close: () => receiver.close(),
  };
}

/** A bench for each sink type. The contract suite fails for a type that has none. */
export const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  file: fileBench,
  stdout: stdoutBench,
  "sumo-logic-http": sumoBench,
};
