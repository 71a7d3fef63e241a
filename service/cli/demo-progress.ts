/** Progress of the demo: a table that stands still on a terminal, plain lines elsewhere. */
import { createLogUpdate } from "log-update";
import type { Emulator } from "../emulator/emulator.js";
import type { Service } from "../start.js";

const REDRAW_MS = 500;
const LINE_MS = 5000;

export function showProgress(service: Service, emulator: Emulator, stream: NodeJS.WriteStream): { stop(): void } {
  const redraw = stream.isTTY ? createLogUpdate(stream) : undefined;
  let drawing = Promise.resolve();
  const draw = () => {
    drawing = drawing.then(() => rowsOf(service, emulator)).then((rows) => (redraw ? redraw(table(rows)) : void stream.write(`${plain(rows)}\n`)), () => undefined);
  };
  const timer = setInterval(draw, redraw ? REDRAW_MS : LINE_MS);
  draw();
  return {
    stop() {
      clearInterval(timer);
      redraw?.done();
    },
  };
}

interface ProgressRow {
  readonly name: string;
  readonly state: string;
  readonly produced: number;
  readonly read: number;
  readonly delivered: number;
  readonly late: number;
  readonly changed: number;
  readonly lagSeconds: number;
}

async function rowsOf(service: Service, emulator: Emulator): Promise<ProgressRow[]> {
  const { tenants } = emulator.status();
  return Promise.all(
    service.app.definitions.list().map(async (source) => {
      const { health, totals, lagMs } = await service.app.operations.status(source);
      const tenant = tenants.find(({ tenantId }) => tenantId === source.config.tenantId);
      return {
        name: source.config.name,
        state: health.recovering ? `${health.state}, recovering (${health.recovering.fault})` : health.errorInfo ? `${health.state}: ${health.errorInfo}` : health.state,
        produced: tenant?.visible ?? 0,
        read: totals.rowsRead,
        delivered: totals.rowsDelivered - totals.rowsChanged,
        late: totals.rowsLate,
        changed: totals.rowsChanged,
        lagSeconds: lagMs / 1000,
      };
    }),
  );
}

const COLUMNS = ["source", "shown", "read", "delivered", "late", "changed", "lag s", "health"] as const;

function cells(row: ProgressRow): string[] {
  return [row.name, String(row.produced), String(row.read), String(row.delivered), String(row.late), String(row.changed), row.lagSeconds.toFixed(0), row.state];
}

function table(rows: readonly ProgressRow[]): string {
  const lines = [[...COLUMNS], ...rows.map(cells)];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const alignLeft = new Set([0, COLUMNS.length - 1]);
  return lines.map((line) => `  ${line.map((cell, column) => (alignLeft.has(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join("  ")}`).join("\n");
}

function plain(rows: readonly ProgressRow[]): string {
  return rows.map((row) => `${row.name}: shown ${row.produced}, delivered ${row.delivered}, late ${row.late}, changed ${row.changed}, lag ${row.lagSeconds.toFixed(0)} s, ${row.state}`).join(" | ");
}
