import assert from "node:assert/strict";
import * as fc from "fast-check";
import { duration, shortInstant, until } from "../../service/web/page/format.js";
import { html } from "../../service/web/page/html.js";
import { strip } from "../../service/web/page/strip.js";
import { cover, emptyCoverage } from "../../service/core/coverage.js";
import { NOW_MS, openBench, post, type Bench } from "./harness.js";
import { setScene } from "./scene.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

describe("web: page", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());
  const page = async (headers: Record<string, string> = {}) => (await bench.send("GET", "/", { headers })).text;

  it("shows how to post a first definition, with the address that the browser used", async () => {
    const reply = await bench.send("GET", "/");
    assert.deepEqual([reply.status, reply.headers["content-type"], reply.headers["refresh"]], [200, "text/html; charset=utf-8", "10"]);
    assert.ok(reply.text.includes(`${new URL(bench.url).host}/api/v1/sources`));
    assert.match(await page({ host: "<b>evil" }), /localhost:8080\/api\/v1\/sources/);
  });

  it("shows a definition that works when its stand-ins are replaced", async () => {
    const text = unescaped(await page());
    const sent = /-d '([^']*)'/.exec(text)?.[1]?.replace("CLIENT_ID", "11111111-2222-3333-4444-555555555555").replace("TENANT_ID", "66666666-7777-8888-9999-aaaaaaaaaaaa").replace("CLIENT_SECRET", "v~alue-1234567890");
    const reply = await bench.send("POST", "/api/v1/sources", { raw: sent ?? "", headers: { "content-type": "application/json" } });
    assert.equal(reply.status, 200, reply.text);
  });

  it("puts those that need somebody first and says what to do", async () => {
    await setScene(bench);
    const text = unescaped(await page());
    const names = [...text.matchAll(/<h2><bdi>(.*?)<\/bdi>/g)].map(([, name]) => name?.split(",")[0]);
    assert.deepEqual(names, ["Northwind Traders", "Fabrikam", "Tailspin Toys", "Contoso production", "Wide World Importers"]);
    assert.match(text, /1 source of 5 needs attention/);
    assert.match(text, /The client secret has expired\.<\/b> <bdi>AADSTS7000222.*Make a new client secret/);
    assert.match(text, /next try in 42 s/);
    assert.match(text, /A destination complained\..*messages truncated/);
    for (const word of ["Error", "Recovering", "Authenticating", "Collecting", "Paused"]) assert.ok(text.includes(`</i>${word}</span>`), word);
  });

  it("shows cursor, lag, rows, gaps and backfills", async () => {
    await setScene(bench);
    const text = unescaped(await page());
    const card = (name: string) => text.slice(text.indexOf(`<bdi>${name}`)).split("</article>")[0] ?? "";
    assert.match(card("Contoso"), /<dt>Lag<\/dt><dd><b>2 min<\/b>.*<dt>Delivered<\/dt><dd><b>1,284,311<\/b>/s);
    assert.match(card("Contoso"), /default, archive/);
    assert.match(card("Northwind"), /19 Aug 13:00.*24 Aug 13:00.*older than the API's history/s);
    assert.match(card("Fabrikam"), /23 Oct 13:00.*what is missing.*35 %.*everything again/s);
    assert.ok(!card("Contoso").includes("Lost or stuck"));
  });

  it("draws the coverage of a young source since it began, and of an old one over its horizon", async () => {
    const { id } = await post(bench, { settle_horizon: 86_400 });
    const axisFrom = async (originMs: number) => {
      bench.states.set(id, { coverage: cover(emptyCoverage(originMs), { startMs: originMs, endMs: NOW_MS }, NOW_MS, 10) });
      return /<figcaption>.*?<span[^>]*>(.*?)<\/span>/s.exec(await page())?.[1];
    };
    assert.deepEqual([await axisFrom(NOW_MS - 20 * MINUTE_MS), await axisFrom(NOW_MS - 1000)], ["12:40", "12:55"]);
    assert.match((await axisFrom(NOW_MS - 90 * HOUR_MS)) ?? "", /21 Nov|13:00/);
  });

  it("never shows a name, a fault or a Host header as markup", async () => {
    const hostile = `</title><script>alert(1)</script>"'><img src=x onerror=alert(1)>&amp;`;
    const { id } = await post(bench, { name: hostile });
    bench.states.set(id, { health: { phase: "Collecting", trouble: { code: "bad-answer", message: hostile, sinceMs: NOW_MS, atMs: NOW_MS, tries: 1, nextTryMs: NOW_MS }, warning: { text: hostile, atMs: NOW_MS } } });
    const text = await page();
    assert.doesNotMatch(text, /<script|<img|onerror="|<\/title>.*<\/title>/s);
    assert.ok(unescaped(text).includes(hostile));
  });

  it("law: what is interpolated comes out as text, in content and in attributes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const { text: made } = html`<p title="${text}">${[text]}</p>`;
        const [, attribute, content] = /^<p title="([^"<>]*)">([^<>]*)<\/p>$/s.exec(made) ?? [];
        assert.deepEqual([unescaped(attribute ?? "?"), unescaped(content ?? "?")], [text, text]);
      }),
    );
  });
});

describe("web: coverage strip", () => {
  const window = { startMs: NOW_MS - 24 * HOUR_MS, endMs: NOW_MS };
  const bars = (stretches: Parameters<typeof strip>[0]["stretches"]) =>
    [...strip({ window, stretches }, "x").text.matchAll(/<rect class="(\w+)" x="([\d.]+)" width="([\d.]+)"/g)].map(([, state, x, width]) => [state, Number(x), Number(width)]);

  it("draws each stretch where it is, losses last and never too small to see", () => {
    const at = (hours: number) => NOW_MS - hours * HOUR_MS;
    const drawn = bars([
      { state: "gap", startMs: at(12), endMs: at(12) + 1000, reason: "history" },
      { state: "settled", startMs: at(24), endMs: at(18) },
      { state: "read", startMs: at(18), endMs: at(15) },
      { state: "read", startMs: at(15), endMs: at(12) },
      { state: "stuck", startMs: NOW_MS - 1000, endMs: NOW_MS, reason: "bad-link" },
    ]);
    assert.deepEqual(drawn, [["settled", 0, 250], ["read", 250, 250], ["stuck", 996, 4], ["gap", 500, 4]]);
  });

  it("law: no bar leaves the strip", () => {
    const stretch = fc.tuple(fc.constantFrom("settled", "read", "unread", "gap", "stuck" as const), fc.nat(86_399), fc.nat(86_400)).map(([state, from, length]) => {
      const startMs = window.startMs + from * 1000;
      return { state, startMs, endMs: Math.min(window.endMs, startMs + (length + 1) * 1000) };
    });
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 10 }), (stretches) => {
        for (const [, x, width] of bars(stretches) as [string, number, number][]) assert.ok(x >= 0 && width > 0 && x + width <= 1000.02, `${x} ${width}`);
      }),
    );
  });

  it("says the same in words for who cannot see it", () => {
    const { text } = strip({ window, stretches: [{ state: "settled", startMs: window.startMs, endMs: NOW_MS - HOUR_MS }] }, "Contoso");
    assert.match(text, /aria-label="Coverage of Contoso: settled 23 h of the last 1 d"/);
  });
});

describe("web: formats", () => {
  it("write lengths in their two largest units", () => {
    const cases: [number, string][] = [[-5, "0 s"], [400, "0 s"], [45_000, "45 s"], [125_000, "2 min 5 s"], [2 * HOUR_MS, "2 h"], [200 * MINUTE_MS, "3 h 20 min"], [49 * HOUR_MS, "2 d 1 h"]];
    for (const [ms, text] of cases) assert.equal(duration(ms), text);
    assert.deepEqual([until(NOW_MS, NOW_MS), until(NOW_MS + 40_000, NOW_MS)], ["now", "in 40 s"]);
  });

  it("write instants as short as the day allows", () => {
    assert.equal(shortInstant(NOW_MS + 10_000, NOW_MS), "13:00:10");
    assert.equal(shortInstant(NOW_MS - 24 * HOUR_MS, NOW_MS), "21 Nov 13:00");
    assert.equal(shortInstant(NOW_MS - 365 * 24 * HOUR_MS, NOW_MS), "22 Nov 2025 13:00");
    assert.equal(shortInstant(Number.MAX_SAFE_INTEGER, NOW_MS).length > 0, true);
  });
});

function unescaped(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}
