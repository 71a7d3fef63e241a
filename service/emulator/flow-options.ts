/** What a tenant's mail flow is made of, with the defaults. */

/** Mail flows only inside segments: an emulator that was stopped has no mail for the time it was down. */
export interface FlowSegment {
  readonly fromMs: number;
  /** Absent while it still flows. */
  readonly toMs?: number;
  /** Overrides the flow's rate, so that a later run with another rate does not rewrite the past. */
  readonly rowsPerSecond?: number;
}

export interface FlowOptions {
  /** In time order, without overlap. */
  readonly segments: readonly FlowSegment[];
  readonly rowsPerSecond?: number;
  /** Production ends with this many rows (injected ones not counted). */
  readonly rowsMax?: number;
  /** A row on time shows after uniform 0 to this many ms. */
  readonly promptMsMax?: number;
  /** Share of rows that show late. */
  readonly shareLate?: number;
  /** A late row shows after log-uniform max(1 s, promptMsMax) to this many ms: half of them by the geometric mean of the two. */
  readonly lateMsMax?: number;
  /** Share of rows that begin as gettingStatus or pending. */
  readonly shareChanging?: number;
  /** They are final after log-uniform max(1 s, promptMsMax) to this many ms from being received. */
  readonly changeMsMax?: number;
  /** Share of the changing rows that go gettingStatus, pending, final. */
  readonly shareChangingTwice?: number;
  /** Share of delivered rows that are recalled later: Graph shows it, the reporting service goes on saying Delivered. */
  readonly shareRecalled?: number;
  /** Recipients of one message: 1 (most often) to this many. */
  readonly recipientsMax?: number;
  /** Share of messages that arrive in the same millisecond as another. */
  readonly shareSameMs?: number;
}

export type FlowSettings = Required<Omit<FlowOptions, "rowsMax">> & Pick<FlowOptions, "rowsMax">;

const HOUR_MS = 3_600_000;

/** With the defaults filled in. Throws RangeError on a share, rate, time or segment that makes no sense. */
export function flowSettings(options: FlowOptions): FlowSettings {
  const settings: FlowSettings = {
    rowsPerSecond: 1, promptMsMax: 2_000, shareLate: 0.02, lateMsMax: 24 * HOUR_MS, shareChanging: 0.1, changeMsMax: 6 * HOUR_MS,
    shareChangingTwice: 0.2, shareRecalled: 0.002, recipientsMax: 4, shareSameMs: 0.1, ...options,
  };
  for (const name of ["shareLate", "shareChanging", "shareChangingTwice", "shareRecalled", "shareSameMs"] as const) {
    if (!(settings[name] >= 0 && settings[name] <= 1)) throw new RangeError(`${name} must be 0 to 1, not ${settings[name]}`);
  }
  for (const name of ["rowsPerSecond", "promptMsMax", "lateMsMax", "changeMsMax"] as const) {
    if (!(settings[name] >= 0 && settings[name] < 1e12)) throw new RangeError(`${name} must not be negative, is ${settings[name]}`);
  }
  if (!(Number.isInteger(settings.recipientsMax) && settings.recipientsMax >= 1)) throw new RangeError("recipientsMax must be a whole number from 1");
  checkSegments(settings.segments);
  return settings;
}

function checkSegments(segments: readonly FlowSegment[]): void {
  let endMs = -Infinity;
  for (const { fromMs, toMs = Infinity } of segments) {
    if (!(fromMs >= endMs && toMs >= fromMs)) throw new RangeError("segments must be in time order and must not overlap");
    endMs = toMs;
  }
}
