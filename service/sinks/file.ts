import { join, resolve } from "node:path";
import { Fault } from "../core/fault.js";
import type { Batch, DiskFile, Receipt, Sink, SinkPorts, SinkType } from "../ports.js";
import { abortable } from "./parts/abortable.js";
import { encodeLines } from "./parts/encode.js";

/** As the schema leaves it: checked and defaulted. */
export interface FileConfig {
  /** Folder. */
  readonly path: string;
  /** Names begin with it: `<prefix>-current.ndjson`, `<prefix>-<UTC time>-<n>.ndjson[.gz]`. */
  readonly prefix: string;
  /** A file is put aside before it would grow beyond this, ... */
  readonly rotate_bytes: number;
  /** ... or when it is older than this, looked at when a batch arrives; age counts from when this process opened or began the file. */
  readonly rotate_seconds: number;
  /** Compress files that were put aside. */
  readonly gzip: boolean;
}

/** NDJSON in local files, durable (fsync) before a batch counts as taken. */
export const file: SinkType<FileConfig> = {
  type: "file",
  open(name, config, ports) {
    const release = claim(ports, resolve(config.path, config.prefix), name);
    return new FileSink(config, ports, release);
  },
};

/** Files that are open, by the ports they were opened with: one running collector has one set of ports. */
const claims = new WeakMap<SinkPorts, Map<string, string>>();

/** Two sinks would rotate a file away under each other. */
function claim(ports: SinkPorts, path: string, name: string): () => void {
  const open = claims.get(ports) ?? new Map<string, string>();
  claims.set(ports, open);
  const other = open.get(path);
  if (other !== undefined) throw new Fault("destination-refused", { detail: `"${name}" and "${other}" write the same file; give one of them another path or prefix` });
  open.set(path, name);
  return () => open.delete(path);
}

class FileSink implements Sink {
  readonly limits = { batchBytesMax: 4 * 1024 * 1024, batchRowsMax: 20_000 };
  readonly #config: FileConfig;
  readonly #ports: SinkPorts;
  readonly #release: () => void;
  #file: DiskFile | undefined;
  #begunMs = 0;
  #closed = false;
  /** Sources share a sink: one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  #packing: Promise<void> = Promise.resolve();
  /** Why a file that was put aside is still uncompressed; told with the next receipt. */
  #packFault: string | undefined;

  constructor(config: FileConfig, ports: SinkPorts, release: () => void) {
    this.#config = config;
    this.#ports = ports;
    this.#release = release;
  }

  async check(signal: AbortSignal): Promise<void> {
    await this.#inTurn(signal, async () => {
      const current = await this.#opened();
      await current.sync();
    });
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Receipt> {
    if (batch.lines.length === 0) return { sentBytes: 0 };
    return await this.#inTurn(signal, async () => {
      const bytes = encodeLines(batch.lines);
      let current = await this.#opened();
      if (this.#isDue(current, bytes.byteLength)) current = await this.#rotated(current);
      await current.write(bytes);
      await current.sync();
      const warning = this.#packFault;
      this.#packFault = undefined;
      return { sentBytes: bytes.byteLength, ...(warning === undefined ? {} : { warning }) };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue;
    await this.#dropped();
    await this.#packing;
    this.#release();
  }

  async #inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new Fault("destination-error", { detail: "the destination is closed" });
    const turn = this.#queue.then(async () => {
      signal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        // Opened anew next time: whatever the disk went through, the file is looked at again and a torn end cut off.
        await this.#dropped();
        throw error;
      }
    });
    this.#queue = turn.catch(() => undefined);
    return await abortable(turn, signal);
  }

  get #currentPath(): string {
    return join(this.#config.path, `${this.#config.prefix}-current.ndjson`);
  }

  async #opened(): Promise<DiskFile> {
    if (this.#file) return this.#file;
    this.#file = await this.#ports.disk.append(this.#currentPath);
    this.#begunMs = this.#ports.clock.nowMs();
    // Files that a crash or a full disk left uncompressed.
    this.#pack();
    return this.#file;
  }

  async #dropped(): Promise<void> {
    const open = this.#file;
    this.#file = undefined;
    // Everything acknowledged is synced; a failing close takes nothing away.
    await open?.close().catch(() => undefined);
  }

  #isDue(current: DiskFile, nextBytes: number): boolean {
    if (current.sizeBytes === 0) return false;
    const tooBig = current.sizeBytes + nextBytes > this.#config.rotate_bytes;
    return tooBig || this.#ports.clock.nowMs() - this.#begunMs >= this.#config.rotate_seconds * 1000;
  }

  async #rotated(current: DiskFile): Promise<DiskFile> {
    const { path, prefix } = this.#config;
    const taken = new Set(await this.#ports.disk.list(path));
    const stamp = `${prefix}-${compactTime(this.#ports.clock.nowMs())}`;
    let n = 1;
    while (taken.has(`${stamp}-${n}.ndjson`) || taken.has(`${stamp}-${n}.ndjson.gz`)) n += 1;
    this.#file = undefined;
    await current.close();
    await this.#ports.disk.rename(this.#currentPath, join(path, `${stamp}-${n}.ndjson`));
    return await this.#opened();
  }

  /** Compresses beside the writing, one file at a time; a failure leaves the file as it is and is tried again at the next rotation. */
  #pack(): void {
    if (!this.#config.gzip) return;
    const { path, prefix } = this.#config;
    this.#packing = this.#packing.then(async () => {
      try {
        const names = await this.#ports.disk.list(path);
        for (const name of names.filter((name) => isPutAside(name, prefix))) {
          await this.#ports.disk.gzip(join(path, name), join(path, `${name}.gz`));
        }
      } catch (error) {
        this.#packFault = `a file that was put aside could not be compressed: ${(error as Error).message}`;
      }
    });
  }
}

/** 20261122T131800Z */
function compactTime(atMs: number): string {
  return new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

function isPutAside(name: string, prefix: string): boolean {
  return name.startsWith(`${prefix}-`) && /^\d{8}T\d{6}Z-\d+\.ndjson$/.test(name.slice(prefix.length + 1));
}
