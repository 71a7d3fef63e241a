/** Happenings as log lines. */
import { FAULTS } from "../core/fault.js";
import { LOG_EVENTS } from "../environment.js";
import type { Observe } from "../ports.js";
import type { Log } from "./log.js";

/** Logs what a person wants to read back: faults and gaps always, states and windows, pages only for debugging. */
export function logHappenings(log: Log): Observe {
  return (happening) => {
    const { kind, ...detail } = happening;
    switch (happening.kind) {
      case "fault": {
        const nextTry = happening.nextTryMs === undefined ? {} : { nextTry: new Date(happening.nextTryMs).toISOString() };
        const level = FAULTS[happening.code].remedy === "retry" ? "warn" : "error";
        log[level]({ sourceId: happening.sourceId, fault: happening.code, ...nextTry, next: FAULTS[happening.code].next }, happening.message);
        return;
      }
      case "gap":
        log.error({ event: LOG_EVENTS.gap, sourceId: happening.sourceId, reason: happening.reason, ...times(happening.window) }, "rows of this stretch are lost: a gap was recorded");
        return;
      case "state":
        log.info(detail, "source state");
        return;
      case "deleted":
        log.info(detail, "the source is deleted");
        return;
      case "window":
        log[happening.fresh > 0 ? "info" : "debug"]({ sourceId: happening.sourceId, purpose: happening.purpose, ...times(happening.window), pages: happening.pages, rows: happening.rows, fresh: happening.fresh }, "window read");
        return;
      case "delivered":
        if (happening.warning !== undefined) log.warn(detail, "the destination took the rows and complained");
        else log.debug(detail, kind);
        return;
      default:
        log.debug(detail, kind);
    }
  };
}

function times({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }) {
  return { from: new Date(startMs).toISOString(), to: new Date(endMs).toISOString() };
}
