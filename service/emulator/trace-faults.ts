/** Faults of the trace APIs, the same for both: before a page is made, and on a page that was made. */
import { cutInHalf, textAnswer, type Answer, type WholeAnswer } from "./answer.js";
import type { EmulatedFaultName } from "./fault-catalogue.js";
import type { EmulatedTenant, Scene } from "./scene.js";
import type { VisibleRow } from "./mailbox.js";

/** How one API says what both can say. */
export interface Voice {
  unauthorized(): WholeAnswer;
  forbidden(): WholeAnswer;
  throttled(headers: Readonly<Record<string, string>>): WholeAnswer;
  serverError(status: number): WholeAnswer;
  /** Absent where the API knows no such thing. */
  noServicePrincipal?(): WholeAnswer;
}

/** A page, with the links that a fault may put in place of the right one. */
export interface PageDraft {
  readonly rows: readonly VisibleRow[];
  readonly next: string | undefined;
  readonly links: {
    dead(): string;
    expired(): string;
    /** The page's own address. */
    self(): string;
    /** Another address that gives the same rows. */
    repeat(): string;
    foreign(): string;
  };
  render(rows: readonly VisibleRow[], next: string | undefined): WholeAnswer;
}

/** Host of the foreign link: reserved, so that it never resolves. */
export const FOREIGN_ORIGIN = "https://graph.elsewhere.invalid";

// "Sign in to Outlook": the title is documented, status and rest are not (microsoft-apis.md 1.6).
const SIGN_IN_PAGE = "<!DOCTYPE html>\r\n<html><head><meta charset=\"utf-8\"><title>Sign in to Outlook</title></head>"
  + "<body><form action=\"/owa/auth.owa\" method=\"POST\"><label>Email address <input name=\"username\"></label></form></body></html>";

/** The fault that comes in place of a page, if any. */
export function faultInstead(scene: Scene, tenant: EmulatedTenant, voice: Voice, nowMs: number): Answer | undefined {
  const strikes = (name: EmulatedFaultName) => scene.faults.draw(name, nowMs, tenant.tenantId);
  if (strikes("hang")) return { hang: true };
  if (strikes("refuse-token")) return voice.unauthorized();
  if (voice.noServicePrincipal && strikes("no-service-principal")) return voice.noServicePrincipal();
  if (strikes("forbidden")) return voice.forbidden();
  const throttle = strikes("throttle");
  if (throttle) return voice.throttled(retryAfter(throttle.retryAfterSeconds === undefined ? 30 : throttle.retryAfterSeconds));
  const broken = strikes("server-error");
  if (broken) return voice.serverError(broken.status ?? 503);
  const html = strikes("html");
  if (html) return textAnswer(html.status ?? 200, "text/html; charset=utf-8", SIGN_IN_PAGE);
  return undefined;
}

/** The page as it is sent, bent by what is switched on. */
export function sendPage(scene: Scene, tenant: EmulatedTenant, draft: PageDraft, nowMs: number): Answer {
  const strikes = (name: EmulatedFaultName) => scene.faults.draw(name, nowMs, tenant.tenantId);
  const answer = bentPage(scene, draft, (name) => strikes(name) !== undefined);
  if (strikes("truncate")) return { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) };
  if (strikes("cut")) return cutInHalf(answer);
  const slow = strikes("slow");
  return slow ? { ...answer, delayMs: slow.delayMs ?? 5_000 } : answer;
}

function bentPage(scene: Scene, draft: PageDraft, strikes: (name: EmulatedFaultName) => boolean): WholeAnswer {
  const { rows, links } = draft;
  if (strikes("empty-page-with-link")) return draft.render([], links.repeat());
  if (strikes("repeat-page")) return draft.render(rows, links.repeat());
  if (strikes("looping-link")) return draft.render(rows, links.self());
  if (strikes("expired-link")) return draft.render(rows, links.expired());
  if (strikes("foreign-link")) return draft.render(rows, links.foreign());
  if (strikes("bad-link")) return draft.render(rows, scene.faults.shown("bad-link") % 2 === 1 ? links.dead() : "https://[not a link");
  return draft.render(rows, draft.next);
}

export function retryAfter(seconds: number | null | undefined): Readonly<Record<string, string>> {
  return typeof seconds === "number" ? { "retry-after": String(seconds) } : {};
}
