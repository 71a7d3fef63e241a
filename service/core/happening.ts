/** What happens to a source, told as it happens: logs, metrics and health are made of it. */
import type { FaultCode } from "./fault.js";
import type { Purpose, Window } from "./model.js";

export interface RequestOutcome {
  readonly status: number | FaultCode;
  readonly bytes: number;
  readonly tookMs: number;
}

export type Happening =
  | { readonly kind: "request"; readonly sourceId: number; readonly purpose: Purpose; readonly outcome: RequestOutcome }
  | { readonly kind: "page"; readonly sourceId: number; readonly purpose: Purpose; readonly rows: number; readonly fresh: number; readonly bytes: number }
  | { readonly kind: "delivered"; readonly sourceId: number; readonly destination: string; readonly rows: number; readonly bytes: number; readonly warning?: string }
  | { readonly kind: "window"; readonly sourceId: number; readonly purpose: Purpose; readonly window: Window; readonly rows: number; readonly fresh: number; readonly pages: number }
  | { readonly kind: "fault"; readonly sourceId: number; readonly code: FaultCode; readonly message: string; readonly nextTryMs?: number }
  | { readonly kind: "state"; readonly sourceId: number; readonly state: string }
  /** Nothing is left of it, and nothing more will be told. */
  | { readonly kind: "deleted"; readonly sourceId: number }
  | { readonly kind: "gap"; readonly sourceId: number; readonly window: Window; readonly reason: string };
/** Must not throw and must not wait. */
export type Observe = (happening: Happening) => void;
