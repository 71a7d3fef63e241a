/** Microsoft's endpoints and a log platform's, in one pure request handler: time comes from the clock, chance from the seed. */
import type { Clock } from "../ports.js";
import { jsonAnswer, type Answer, type EmulatorRequest } from "./answer.js";
import { readCall, type Call } from "./call.js";
import { compare, type CompareInput, type Comparison } from "./compare.js";
import { answerControl } from "./control.js";
import type { Faults } from "./faults.js";
import type { FlowSegment } from "./flow-options.js";
import { answerAuthorize, issueCode } from "./grants.js";
import { answerGraph } from "./graph.js";
import { createJournal, type JournalEntry } from "./journal.js";
import { createLedger, type Ledger } from "./ledger.js";
import { answerToken, type EntraVersion } from "./login.js";
import type { InjectedRow } from "./mailbox.js";
import { answerReceiver } from "./receiver.js";
import { answerReporting } from "./reporting.js";
import { createScene, type EmulatedTenant, type EmulatorOptions, type Scene } from "./scene.js";
import { emulatorStatus, type EmulatorStatus } from "./status.js";
import type { TraceRow } from "./trace-row.js";

export interface Emulator {
  readonly baseUrl: string;
  readonly clock: Clock;
  /** The same for a socket and in process; never throws. */
  handle(request: EmulatorRequest): Promise<Answer>;
  readonly faults: Faults;
  /** What the receiver took. */
  readonly ledger: Ledger;
  /** What was asked, the last thousands. */
  readonly journal: () => readonly JournalEntry[];
  /** Puts a row in by hand. Throws RangeError for a tenant that is not there. */
  addRow(tenantId: string, row: InjectedRow): TraceRow;
  /** A fresh authorization code, as the consent page gives it. */
  issueCode(tenantId: string): string;
  /** Rows received until now, of all tenants or one, oldest first per tenant. */
  produced(tenantId?: string): Iterable<TraceRow>;
  /** Holds what was produced against what the receiver took, or against other lines. */
  compare(input?: Partial<CompareInput> & { readonly tenantId?: string }): Comparison;
  status(): EmulatorStatus;
  /** Ends production now and returns the segments by tenant, to be given again at the next start. */
  stopFlow(): Readonly<Record<string, readonly FlowSegment[]>>;
}

export function createEmulator(options: EmulatorOptions): Emulator {
  const scene = createScene(options);
  const ledger = createLedger(options.receiver?.keep ?? "lines");
  const codes = new Map<string, number>();
  const journal = createJournal();
  const baseUrl = options.baseUrl.replace(/\/+$/, "");
  const nowMs = (): number => scene.clock.nowMs();

  function* produced(tenantId?: string): Iterable<TraceRow> {
    for (const tenant of tenantId === undefined ? scene.tenants.values() : [tenantOf(scene, tenantId)]) {
      yield* tenant.mailbox.produced(-Infinity, nowMs());
    }
  }
  const emulator: Emulator = {
    baseUrl,
    clock: options.clock,
    faults: scene.faults,
    ledger,
    journal: journal.entries,
    async handle(request) {
      const call = readCall(request, baseUrl, nowMs());
      const answer = call ? attempt(() => route(scene, call, codes, ledger, options, emulator)) : NOT_FOUND;
      if (call) journal.record(call, answer);
      return answer;
    },
    addRow: (tenantId, row) => tenantOf(scene, tenantId).mailbox.add(row),
    issueCode: (tenantId) => issueCode(scene, tenantOf(scene, tenantId), nowMs()),
    produced,
    compare: ({ tenantId, ...input } = {}) => compare({ produced: produced(tenantId), deliveredLines: ledger.taken(), nowMs: nowMs(), ...input }),
    status: () => emulatorStatus(scene, ledger, codes),
    stopFlow() {
      for (const { mailbox } of scene.tenants.values()) mailbox.stop(nowMs());
      return Object.fromEntries([...scene.tenants.values()].map(({ tenantId, mailbox }) => [tenantId, mailbox.segments()]));
    },
  };
  return emulator;
}

const NOT_FOUND = jsonAnswer(404, { status: 404, message: "Not found." });

/** A defect of the emulator is told as such: a connection that breaks would look like one of its faults. */
function attempt(answer: () => Answer | undefined): Answer {
  try {
    return answer() ?? NOT_FOUND;
  } catch (error) {
    return jsonAnswer(500, { status: 500, message: `Defect of the emulator: ${String(error)}` });
  }
}

const LOGIN = /^\/login\/([^/]+)\/oauth2\/(?:(v2\.0)\/)?(token|authorize)$/i;
const GRAPH = /^\/graph\/v1\.0\/admin\/exchange\/tracing\/messageTraces$/i;
const REPORTING = /^\/reporting\/ecp\/reportingwebservice\/reporting\.svc\/MessageTrace$/i;
const RECEIVER = /^\/receiver\/v1\/http(?:\/([^/]+))?$/;

function route(scene: Scene, call: Call, codes: Map<string, number>, ledger: Ledger, options: EmulatorOptions, emulator: Emulator): Answer | undefined {
  const login = LOGIN.exec(call.path);
  if (login) {
    const [, tenantPart = "", v2, endpoint = ""] = login;
    const version: EntraVersion = v2 === undefined ? "v1" : "v2";
    if (endpoint.toLowerCase() === "token") return answerToken(scene, call, tenantPart, version, codes);
    return answerAuthorize(scene, call, tenantPart);
  }
  if (GRAPH.test(call.path)) return answerGraph(scene, call);
  if (REPORTING.test(call.path)) return answerReporting(scene, call);
  const receiver = RECEIVER.exec(call.path);
  if (receiver) return answerReceiver(scene, call, receiver[1], ledger, options.receiver ?? {});
  if (call.path.startsWith("/emulator/")) {
    return answerControl(call, { faults: scene.faults, status: emulator.status, ledger: () => emulator.compare() });
  }
  return undefined;
}

function tenantOf(scene: Scene, tenantId: string): EmulatedTenant {
  const tenant = scene.tenants.get(tenantId.toLowerCase());
  if (!tenant) throw new RangeError(`no tenant ${tenantId}`);
  return tenant;
}
