/** The switches: which fault shows now. By code, by HTTP and by schedule alike. */
import type { Random } from "../ports.js";
import { seededRandom } from "./seeded-random.js";
import { EMULATED_FAULTS, type EmulatedFaultName, type FaultRule, type ScheduledFault } from "./fault-catalogue.js";

export interface FaultStatus {
  readonly name: EmulatedFaultName;
  readonly what: string;
  /** Rules in force, with the times that are left; the switch first, then the schedule. */
  readonly rules: readonly FaultRule[];
  /** How often it has shown: a fault that never did proves nothing. */
  readonly shown: number;
}

export interface Faults {
  set(name: EmulatedFaultName, rule?: FaultRule): void;
  /** Switches off one fault, or all, scheduled ones included. */
  clear(name?: EmulatedFaultName): void;
  /** The rule by which the fault shows now; each call is one occasion and uses the rule up. */
  draw(name: EmulatedFaultName, nowMs: number, tenantId?: string): FaultRule | undefined;
  shown(name: EmulatedFaultName): number;
  list(): readonly FaultStatus[];
}

interface ArmedRule {
  readonly rule: FaultRule;
  readonly random: Random;
  timesLeft: number;
}

export function createFaults(seed: string | number, schedule: readonly ScheduledFault[] = []): Faults {
  const switched = new Map<EmulatedFaultName, ArmedRule>();
  const shown = new Map<EmulatedFaultName, number>();
  let serial = 0;
  const arm = (name: EmulatedFaultName, rule: FaultRule): ArmedRule =>
    ({ rule, random: seededRandom(seed, "fault", name, serial++), timesLeft: rule.times ?? Infinity });
  let scheduled = schedule.map(({ name, ...rule }) => ({ name, ...arm(name, rule) }));
  const armed = (name: EmulatedFaultName): readonly ArmedRule[] => {
    const mine = switched.get(name);
    const planned = scheduled.filter((entry) => entry.name === name);
    return mine ? [mine, ...planned] : planned;
  };
  return {
    set: (name, rule = {}) => void switched.set(name, arm(name, rule)),
    clear(name) {
      if (name === undefined) switched.clear();
      else switched.delete(name);
      scheduled = scheduled.filter((entry) => name !== undefined && entry.name !== name);
    },
    draw(name, nowMs, tenantId) {
      const hit = armed(name).find((entry) => strikes(entry, nowMs, tenantId));
      if (!hit) return undefined;
      hit.timesLeft--;
      shown.set(name, (shown.get(name) ?? 0) + 1);
      return hit.rule;
    },
    shown: (name) => shown.get(name) ?? 0,
    list: () => (Object.keys(EMULATED_FAULTS) as EmulatedFaultName[]).map((name) => ({
      name,
      what: EMULATED_FAULTS[name],
      rules: armed(name).filter((entry) => entry.timesLeft > 0)
        .map((entry) => (Number.isFinite(entry.timesLeft) ? { ...entry.rule, times: entry.timesLeft } : entry.rule)),
      shown: shown.get(name) ?? 0,
    })),
  };
}

function strikes({ rule, random, timesLeft }: ArmedRule, nowMs: number, tenantId: string | undefined): boolean {
  if (timesLeft <= 0 || nowMs < (rule.fromMs ?? -Infinity) || nowMs >= (rule.toMs ?? Infinity)) return false;
  if (rule.tenantId !== undefined && rule.tenantId !== tenantId) return false;
  return rule.share === undefined || random() < rule.share;
}
