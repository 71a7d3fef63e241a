/** The emulator in numbers. */
import type { Ledger } from "./ledger.js";
import type { Scene } from "./scene.js";

export interface TenantStatus {
  readonly tenantId: string;
  readonly organization: string;
  /** Rows received until now. */
  readonly produced: number;
  /** Of these, rows that the API shows. */
  readonly visible: number;
  /** Graph requests in the running interval, the most there ever were in one, and how many were refused for it. */
  readonly quota: { readonly used: number; readonly peak: number; readonly refused: number };
}
export interface EmulatorStatus {
  readonly nowMs: number;
  readonly startedMs: number;
  readonly tenants: readonly TenantStatus[];
  readonly receiver: ReturnType<Ledger["totals"]>;
  /** Attempts to redeem an authorization code a second time: a defect of the client. */
  readonly codesRedeemedAgain: number;
  /** How often each fault has shown. */
  readonly faults: Readonly<Record<string, number>>;
}

export function emulatorStatus(scene: Scene, ledger: Ledger, codes: ReadonlyMap<string, number>): EmulatorStatus {
  const nowMs = scene.clock.nowMs();
  return {
    nowMs,
    startedMs: scene.startedMs,
    tenants: [...scene.tenants.values()].map(({ tenantId, organization, mailbox, quota }) =>
      ({ tenantId, organization, ...mailbox.totals(nowMs), quota: quota.status(nowMs) })),
    receiver: ledger.totals(),
    codesRedeemedAgain: [...codes.values()].reduce((sum, tried) => sum + tried - 1, 0),
    faults: Object.fromEntries(scene.faults.list().filter(({ shown }) => shown > 0).map(({ name, shown }) => [name, shown])),
  };
}
