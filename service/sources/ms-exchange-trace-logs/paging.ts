import { createHash } from "node:crypto";
import { Fault } from "../../core/fault.js";
import type { Page, Row, Window } from "../../core/model.js";
import type { Api, SourcePorts } from "../../ports.js";
import { nextUrl } from "./links.js";
import { rowsOf } from "./record.js";
import { ask } from "./request.js";

/** What the two APIs do not have in common. */
export interface TraceApi {
  readonly api: Api;
  readonly headers: Readonly<Record<string, string>>;
  /** Address of the first page of a window, of at most `rows` rows. */
  firstUrl(window: Window, rows: number): string;
  /** Rows and next link of an answer; undefined rows when it has none where they are due. */
  unwrap(json: Readonly<Record<string, unknown>>): { readonly rows: readonly unknown[] | undefined; readonly link: unknown };
}
export interface PagingOptions {
  readonly pageRows: number;
  /** Pages that one paging run may take. */
  readonly pagesMax: number;
  /** Empty pages with a link that are followed one after the other. */
  readonly emptyPagesMax: number;
}

/** Longest sleep while a window's end is still to come, ms: the clock is looked at again, it may have been set right. */
const LOOK_AGAIN_MS = 30_000;

/**
 * Pages of a window, until the API gives no further link.
 * No link outlives the run: a kept one goes bad (elastic/integrations issue 18985), and a run that fails starts anew.
 * Throws Fault bad-link (foreign, looping, repeating or poisoned link), window-too-large, and what `ask` throws.
 */
export async function* readPages(
  trace: TraceApi, window: Window, ports: SourcePorts, signal: AbortSignal, options: PagingOptions,
): AsyncGenerator<Page, void, undefined> {
  await untilPast(window.endMs, ports, signal);
  let url = trace.firstUrl(window, options.pageRows);
  const seen = new Set([new URL(url).href]);
  let lastDigest = "";
  let emptyPages = 0;
  for (let pages = 1; ; pages += 1) {
    signal.throwIfAborted();
    const { rows, link, bytes } = await readPage(trace, url, pages > 1, ports, signal);
    const digest = rows.length > 0 && (link !== undefined || lastDigest !== "") ? digestOf(rows) : "";
    if (digest !== "" && digest === lastDigest) throw new Fault("bad-link", { detail: `page ${pages} repeats page ${pages - 1}` });
    emptyPages = rows.length > 0 ? 0 : emptyPages + 1;
    yield { rows, bytes };
    if (link === undefined) return;
    if (emptyPages > options.emptyPagesMax) throw new Fault("bad-link", { detail: `${emptyPages} empty pages with a link in a row` });
    if (pages >= options.pagesMax) throw new Fault("window-too-large", { detail: `more than ${options.pagesMax} pages` });
    url = nextUrl(link, url);
    if (seen.has(url)) throw new Fault("bad-link", { detail: `the link of page ${pages} was followed before` });
    seen.add(url);
    lastDigest = digest;
  }
}

/** Asks for one row of the last minutes: token, permission and answer are then known to be good. */
export async function checkAccess(trace: TraceApi, ports: SourcePorts, signal: AbortSignal): Promise<void> {
  const endMs = Math.floor(ports.clock.nowMs() / 1000) * 1000;
  await readPage(trace, trace.firstUrl({ startMs: endMs - 300_000, endMs }, 1), false, ports, signal);
}

interface ReadPage extends Page {
  readonly link: string | undefined;
}

async function readPage(trace: TraceApi, url: string, followsLink: boolean, ports: SourcePorts, signal: AbortSignal): Promise<ReadPage> {
  const { json, bytes } = await ask({ api: trace.api, url, headers: trace.headers, followsLink }, ports, signal);
  const { rows, link } = trace.unwrap(json);
  if (rows === undefined) throw new Fault("bad-answer", { detail: "the answer has no array of rows" });
  if (link !== undefined && link !== null && typeof link !== "string") {
    throw new Fault("bad-link", { detail: "the link to the next page is not a string" });
  }
  return { rows: rowsOf(rows), bytes, link: link || undefined };
}

/**
 * The APIs refuse an end that is still to come, and cutting it to now would leave a stretch unread that the caller takes
 * for read. It happens only when the clock was set back since the window was planned.
 */
async function untilPast(endMs: number, ports: SourcePorts, signal: AbortSignal): Promise<void> {
  for (let nowMs = ports.clock.nowMs(); nowMs < endMs; nowMs = ports.clock.nowMs()) {
    await ports.clock.sleep(Math.min(endMs - nowMs, LOOK_AGAIN_MS), signal);
  }
}

/** A fingerprint of a page's rows: 32 bytes are kept to compare with, not the page. */
function digestOf(rows: readonly Row[]): string {
  const text = rows.map((row) => `${row.key}\n${row.version}\n${row.status}`).join("\n");
  return createHash("sha256").update(text).digest("base64");
}
