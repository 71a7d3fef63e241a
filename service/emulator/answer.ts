/** What goes into the emulator and what comes out: plain values, so that the simulator needs no socket. */

export interface EmulatorRequest {
  readonly method: string;
  /** Absolute, or path and query. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WholeAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Wait so long before the first byte, ms. */
  readonly delayMs?: number;
}
export interface CutAnswer {
  /** The connection breaks after so many bytes of the body. */
  readonly cut: WholeAnswer & { readonly afterBytes: number };
}
export interface HungAnswer {
  /** Nothing is ever answered. */
  readonly hang: true;
}
export type Answer = WholeAnswer | CutAnswer | HungAnswer;

const ENCODER = new TextEncoder();

export function textAnswer(status: number, type: string, text: string, headers: Readonly<Record<string, string>> = {}): WholeAnswer {
  return { status, headers: { "content-type": type, ...headers }, body: ENCODER.encode(text) };
}

export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): WholeAnswer {
  return textAnswer(status, "application/json; charset=utf-8", JSON.stringify(value), headers);
}

/** The same answer, broken off in the middle of the body. */
export function cutInHalf(answer: WholeAnswer): CutAnswer {
  return { cut: { ...answer, afterBytes: Math.floor(answer.body.length / 2) } };
}
