/** What the demo remembers between runs, so that the emulated mail of the past is the same mail again. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DEMO_GRAPH_TENANT, DEMO_REPORTING_TENANT } from "../emulator/demo-tenants.js";
import type { FlowOptions, FlowSegment } from "../emulator/flow-options.js";
import { systemClock } from "../system/clock.js";

interface Remembered {
  readonly seed: number;
  readonly startedMs: number;
  readonly segments: Readonly<Record<string, readonly FlowSegment[]>>;
}
const FILE = "emulator.json";
/** Late rows show, and rows reach their last status, within this time: a day in time-lapse. */
const TIME_LAPSE_MS = 30_000;

export class DemoState {
  readonly #path: string;
  readonly #remembered: Remembered;

  private constructor(path: string, remembered: Remembered) {
    this.#path = path;
    this.#remembered = remembered;
  }

  static async open(folder: string): Promise<DemoState> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, FILE);
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text !== undefined) return new DemoState(path, JSON.parse(text) as Remembered);
    const state = new DemoState(path, { seed: 1, startedMs: systemClock.nowMs(), segments: {} });
    await state.#write(state.#remembered);
    return state;
  }

  get seed(): number {
    return this.#remembered.seed;
  }
  get startedMs(): number {
    return this.#remembered.startedMs;
  }

  /** Mail flows where it flowed in earlier runs, and from now on. */
  async flows({ rowsPerSecond, rows }: { rowsPerSecond: number; rows?: number }): Promise<{ flow: FlowOptions; reportingFlow: FlowOptions }> {
    const flow = (tenantId: string, rowsMax?: number): FlowOptions => ({
      segments: [...this.#past(tenantId), { fromMs: systemClock.nowMs(), rowsPerSecond: rowsPerSecond / 2 }],
      rowsPerSecond: rowsPerSecond / 2,
      shareLate: 0.05,
      lateMsMax: TIME_LAPSE_MS,
      shareChanging: 0.15,
      changeMsMax: TIME_LAPSE_MS,
      shareRecalled: 0,
      ...(rowsMax === undefined ? {} : { rowsMax }),
    });
    const half = rows === undefined ? undefined : Math.ceil(rows / 2);
    const flows = {
      flow: flow(DEMO_GRAPH_TENANT.tenantId, half),
      reportingFlow: flow(DEMO_REPORTING_TENANT.tenantId, rows === undefined || half === undefined ? undefined : rows - half),
    };
    await this.remember({ [DEMO_GRAPH_TENANT.tenantId]: flows.flow.segments, [DEMO_REPORTING_TENANT.tenantId]: flows.reportingFlow.segments });
    return flows;
  }

  /** A killed run leaves its segment without an end: its mail flowed on until now. */
  #past(tenantId: string): readonly FlowSegment[] {
    const segments = this.#remembered.segments[tenantId] ?? [];
    return segments.map((segment) => ({ ...segment, toMs: segment.toMs ?? systemClock.nowMs() }));
  }

  /** Remembers the production of this run: at its start, for the case that it is killed, and at its end. */
  async remember(segments: Remembered["segments"]): Promise<void> {
    await this.#write({ ...this.#remembered, segments });
  }

  async #write(remembered: Remembered): Promise<void> {
    await writeFile(`${this.#path}.new`, `${JSON.stringify(remembered, null, 1)}\n`);
    await rename(`${this.#path}.new`, this.#path);
  }
}
