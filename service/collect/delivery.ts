/**
 * From fresh rows to "every destination has taken them": batching, halving, retrying, fan-out. Wrappers around sinks;
 * a sink itself only encodes, sends and judges one answer.
 */
import { backoffMs } from "../core/backoff.js";
import { asFault, type Fault } from "../core/fault.js";
import type { FreshRow } from "../core/fold.js";
import type { Batch, Clock, Observe, Random, Sink } from "../ports.js";
import { hasTaken, keyPrint, versionPrint, type Taken, type Takes } from "./takes.js";

export interface Outgoing {
  readonly fresh: FreshRow;
  readonly line: string;
  /** UTF-8 with its line feed. */
  readonly bytes: number;
}
export interface Parcel {
  readonly id: string;
  readonly rows: readonly Outgoing[];
  readonly origin: Batch["origin"];
  readonly sinks: ReadonlyMap<string, Sink>;
  /** What destinations have already. */
  readonly taken: Takes;
  /** Each version of a row is to be delivered, not only one of each row. */
  readonly everyVersion: boolean;
}
export interface DeliveryPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly observe: Observe;
}
export interface DeliveryWatch {
  /** A destination refuses for now; it is tried again at `nextTryMs`, for ever. */
  setback(fault: Fault, nextTryMs: number): void;
}
/** `stopping`: no new attempt; `aborting`: give up the one under way. */
export interface StopSignals {
  readonly stopping: AbortSignal;
  readonly aborting: AbortSignal;
}

/** Thrown when delivery was stopped: who has taken what by then. */
export class DeliveryStopped extends Error {
  readonly taken: Takes;
  constructor(taken: Takes, cause: unknown) {
    super("delivery was stopped", { cause });
    this.name = "DeliveryStopped";
    this.taken = taken;
  }
}

/** Cuts rows into parcels that every destination accepts in one batch. */
export function* parcels(rows: Iterable<Outgoing>, sinks: ReadonlyMap<string, Sink>): Generator<Outgoing[]> {
  const limits = [...sinks.values()].map((sink) => sink.limits);
  const bytesMax = Math.min(...limits.map((limit) => limit.batchBytesMax));
  const rowsMax = Math.min(...limits.map((limit) => limit.batchRowsMax));
  let parcel: Outgoing[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (parcel.length > 0 && (bytes + row.bytes > bytesMax || parcel.length >= rowsMax)) {
      yield parcel;
      parcel = [];
      bytes = 0;
    }
    parcel.push(row);
    bytes += row.bytes;
  }
  if (parcel.length > 0) yield parcel;
}

/** Resolves when every destination has taken every row. Retries for ever; throws DeliveryStopped when it is stopped. */
export async function deliver(parcel: Parcel, ports: DeliveryPorts, watch: DeliveryWatch, signals: StopSignals): Promise<void> {
  const taken = new Map<string, Taken>();
  const results = await Promise.allSettled(
    [...parcel.sinks].map(([name, sink]) => {
      const mine: Taken = new Map(parcel.taken.get(name));
      taken.set(name, mine);
      return deliverTo(name, sink, parcel, mine, ports, watch, signals);
    }),
  );
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw new DeliveryStopped(taken, failed.reason);
}

async function deliverTo(name: string, sink: Sink, parcel: Parcel, taken: Taken, ports: DeliveryPorts, watch: DeliveryWatch, signals: StopSignals): Promise<void> {
  const wanted = parcel.rows.filter(({ fresh }) => !hasTaken(taken, fresh, parcel.everyVersion));
  const open = wanted.length > 0 ? [wanted] : [];
  let tries = 0;
  for (let part = open.shift(); part; part = open.shift()) {
    try {
      signals.stopping.throwIfAborted();
      const batch: Batch = { id: parcel.id, lines: part.map(({ line }) => line), bytes: sum(part), origin: parcel.origin };
      const receipt = await sink.write(batch, signals.aborting);
      tries = 0;
      for (const { fresh } of part) taken.set(keyPrint(fresh), versionPrint(fresh));
      const warning = receipt.warning === undefined ? {} : { warning: receipt.warning };
      ports.observe({ kind: "delivered", sourceId: parcel.origin.sourceId, destination: name, rows: part.length, bytes: receipt.sentBytes, ...warning });
    } catch (thrown) {
      if (signals.stopping.aborted || signals.aborting.aborted) throw thrown;
      const fault = asFault(thrown);
      if (fault.code === "destination-too-large" && part.length > 1) {
        const half = Math.ceil(part.length / 2);
        open.unshift(part.slice(0, half), part.slice(half));
        continue;
      }
      const waitMs = backoffMs(fault, ++tries, ports.random);
      watch.setback(fault, ports.clock.nowMs() + waitMs);
      await ports.clock.sleep(waitMs, signals.stopping);
      open.unshift(part);
    }
  }
}

function sum(rows: readonly Outgoing[]): number {
  return rows.reduce((bytes, row) => bytes + row.bytes, 0);
}
