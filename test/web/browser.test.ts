/** The page in a real browser: laid out, styled and harmless. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import { KEY, openBench, post, type Bench } from "./harness.js";
import { setScene } from "./scene.js";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = PLACES.find((path) => existsSync(path));
const title = "web: page in Chromium";

if (executablePath === undefined) describe.skip(`${title} (not run: none of ${PLACES.join(", ")} is there)`, () => it("needs a browser"));
else describe(title, () => withBrowser(executablePath));

function withBrowser(path: string): void {
  let browser: Browser;
  let bench: Bench;
  const complaints: string[] = [];
  before(async () => {
    // The sandbox does not work for root, as in containers.
    browser = await chromium.launch({ executablePath: path, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
  });
  after(() => browser.close());
  beforeEach(async () => {
    bench = await openBench();
    complaints.length = 0;
  });
  afterEach(() => bench.close());

  async function open(width: number, colorScheme: "light" | "dark"): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, httpCredentials: { username: KEY.accessId, password: KEY.accessKey } });
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("dialog", (dialog) => {
      complaints.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(bench.url);
    return page;
  }

  for (const width of [1280, 390, 320]) {
    it(`fits into ${width} pixels, styled, without a complaint of the browser`, async () => {
      await setScene(bench);
      const page = await open(width, "light");
      const [wide, maxWidth, bars] = await page.evaluate<[number, string, number]>(
        "[document.documentElement.scrollWidth, getComputedStyle(document.body).maxWidth, [...document.querySelectorAll('.strip svg')].filter((bar) => bar.getBoundingClientRect().width > 200).length]",
      );
      assert.ok(wide <= width, `${wide} > ${width}`);
      assert.notEqual(maxWidth, "none", "the style sheet is there");
      assert.equal(bars, 5);
      assert.deepEqual(complaints, []);
      await page.close();
    });
  }

  it("is readable in light and dark: words stand out from their ground by 4.5 to 1", async () => {
    await setScene(bench);
    for (const scheme of ["light", "dark"] as const) {
      const page = await open(1280, scheme);
      const pairs = await page.evaluate<[string, string, string][]>(`[...document.querySelectorAll("h1, h2, dt, dd, .state, .sub, .note p, .note b, .legend li, figcaption span, td, footer span")].map((element) => {
        let ground = element;
        while (ground && getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
        return [element.textContent, getComputedStyle(element).color, getComputedStyle(ground ?? document.body).backgroundColor];
      })`);
      assert.ok(pairs.length > 100);
      for (const [text, ink, ground] of pairs) assert.ok(contrast(ink, ground) >= 4.5, `${scheme} "${text}": ${ink} on ${ground} is ${contrast(ink, ground).toFixed(2)}`);
      await page.close();
    }
  });

  it("shows a hostile name as it is and runs nothing of it", async () => {
    const name = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
    await post(bench, { name });
    const page = await open(390, "dark");
    assert.equal(await page.locator("h2").textContent(), name);
    assert.equal(await page.locator("main img, main script").count(), 0);
    assert.deepEqual(complaints, []);
    await page.close();
  });
}

/** WCAG 2.2, contrast ratio of two colours "rgb(r, g, b)". */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].toSorted((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}
function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = (color.match(/\d+(\.\d+)?/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
