/** The rows of one slot of time, drawn from the slot's own seed. */
import type { Random } from "../ports.js";
import type { FlowSegment, FlowSettings } from "./flow-options.js";
import { drawIP, drawMessageId, drawRecipients, drawSender, drawSubject } from "./mail-content.js";
import { guid, integer, logUniform, seededRandom } from "./seeded-random.js";
import { newestFirst, type RowChange, type RowState, type TraceRow, type TraceStatus } from "./trace-row.js";

export interface SlotPlace {
  readonly seed: string | number;
  readonly tenantId: string;
  /** Mail domain of the recipients. */
  readonly organization: string;
}

/** Some eight rows to a slot: cheap to make, few to skip. */
export function slotLengthMs(rowsPerSecond: number): number {
  return Math.min(3_600_000, Math.max(100, Math.round(8_000 / Math.max(rowsPerSecond, 1e-9))));
}

/** Rows received in [slot, slot + 1) x slot length and inside the segment, newest first. */
export function slotRows(place: SlotPlace, settings: FlowSettings, segment: FlowSegment, slot: number): readonly TraceRow[] {
  const rate = segment.rowsPerSecond ?? settings.rowsPerSecond;
  const slotMs = slotLengthMs(rate);
  const random = seededRandom(place.seed, place.tenantId, slotMs, slot);
  const expected = (rate * slotMs) / 1_000;
  const count = Math.floor(expected) + (random() < expected % 1 ? 1 : 0);
  const rows: TraceRow[] = [];
  let ms = 0;
  while (rows.length < count) {
    if (rows.length === 0 || random() >= settings.shareSameMs) ms = slot * slotMs + Math.floor(random() * slotMs);
    rows.push(...messageRows(random, place, settings, ms, count - rows.length));
  }
  return rows.filter((row) => row.received.ms >= segment.fromMs && row.received.ms < (segment.toMs ?? Infinity)).toSorted(newestFirst);
}

/** One message: a row per recipient, same trace id, own fate. Written out field by field: spreads cost half of all the time here. */
function messageRows(random: Random, place: SlotPlace, settings: FlowSettings, ms: number, rowsMax: number): TraceRow[] {
  const several = random() < 0.3 ? integer(random, 1, settings.recipientsMax) : 1;
  const id = guid(random);
  const messageId = drawMessageId(random);
  // Trailing zeros happen: some instants are whole milliseconds.
  const received = { ms, ticks: random() < 0.1 ? 0 : integer(random, 0, 9_999) };
  const sender = drawSender(random);
  const subject = drawSubject(random);
  const fromIP = drawIP(random);
  const size = random() < 0.02 ? 0 : integer(random, 800, 400_000);
  return drawRecipients(random, place.organization, Math.min(several, rowsMax)).map((recipient) => {
    const { first, visibleAtMs, changes, late } = fate(random, settings, ms, size);
    return { id, messageId, received, sender, recipient, subject, fromIP, first, visibleAtMs, changes, late };
  });
}

const FINAL: readonly (readonly [TraceStatus, number])[] = [
  ["delivered", 0.88], ["failed", 0.04], ["filteredAsSpam", 0.04], ["quarantined", 0.02], ["expanded", 0.02],
];

const NO_CHANGES: readonly RowChange[] = [];

/** When the row shows, and which states it goes through. */
function fate(random: Random, settings: FlowSettings, ms: number, size: number): Pick<TraceRow, "first" | "visibleAtMs" | "changes" | "late"> {
  const shortestMs = Math.max(1_000, settings.promptMsMax);
  const late = random() < settings.shareLate;
  const delayMs = late ? logUniform(random, shortestMs, Math.max(shortestMs, settings.lateMsMax)) : Math.round(random() * settings.promptMsMax);
  const final: RowState = { status: drawFinal(random), toIP: random() < 0.3 ? drawIP(random) : null, size };
  let changes: readonly RowChange[] = NO_CHANGES;
  let first = final;
  let finalAtMs = ms;
  if (random() < settings.shareChanging) {
    finalAtMs = ms + logUniform(random, shortestMs, Math.max(shortestMs, settings.changeMsMax));
    const twice = random() < settings.shareChangingTwice;
    first = { status: twice || random() < 0.75 ? "gettingStatus" : "pending", toIP: null, size: random() < 0.5 ? size : 0 };
    if (twice) changes = [{ atMs: ms + Math.round((finalAtMs - ms) * random()), patch: { status: "pending" } }];
    changes = [...changes, { atMs: finalAtMs, patch: final }];
  }
  if (final.status === "delivered" && random() < settings.shareRecalled) {
    const recalledAtMs = finalAtMs + logUniform(random, shortestMs, Math.max(shortestMs, settings.changeMsMax));
    changes = [...changes, { atMs: recalledAtMs, patch: { status: "recalled" } }];
  }
  return { first, visibleAtMs: ms + delayMs, changes, late };
}

function drawFinal(random: Random): TraceStatus {
  let rest = random();
  for (const [status, share] of FINAL) {
    rest -= share;
    if (rest < 0) return status;
  }
  return "delivered";
}
