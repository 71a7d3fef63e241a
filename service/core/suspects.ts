/** Stretches in which reading failed: there, and only there, the timeline is read in small pieces until the culprit is found. */
import { overlap, type Window } from "./model.js";

/** On whole seconds. */
export interface Suspect extends Window {
  /** Pieces inside are no longer than this, ms. */
  readonly capMs: number;
}

/** Whether a stretch lies in a suspect one, be it in part. */
export function isSuspect(window: Window, suspects: readonly Suspect[]): boolean {
  return suspects.some((suspect) => overlap(suspect, window));
}

/** The oldest part of a window that may be read at once: never over the edge of a suspect stretch, nor longer than its cap. */
export function oldestPiece(window: Window, suspects: readonly Suspect[]): Window {
  const ends = suspects.map((suspect) => {
    if (suspect.startMs > window.startMs) return suspect.startMs;
    return suspect.endMs > window.startMs ? Math.min(suspect.endMs, window.startMs + wholeSeconds(suspect.capMs)) : window.endMs;
  });
  return { startMs: window.startMs, endMs: Math.min(window.endMs, ...ends) };
}

/** The newest such part. */
export function newestPiece(window: Window, suspects: readonly Suspect[]): Window {
  const starts = suspects.map((suspect) => {
    if (suspect.endMs < window.endMs) return suspect.endMs;
    return suspect.startMs < window.endMs ? Math.max(suspect.startMs, window.endMs - wholeSeconds(suspect.capMs)) : window.startMs;
  });
  return { startMs: Math.max(window.startMs, ...starts), endMs: window.endMs };
}

/** At least one: windows lie on whole seconds. */
function wholeSeconds(ms: number): number {
  return Math.max(1000, Math.floor(ms / 1000) * 1000);
}
