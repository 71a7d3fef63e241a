/** Which code one start of the service loads: Node itself writes it down (NODE_V8_COVERAGE), imports and requires alike, without a loader of ours in between. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listening } from "../e2e/collector.js";
import { startProgram } from "../e2e/program.js";

export interface LoadedCode {
  readonly exitCode: number | null;
  /** Names of packages, sorted. */
  readonly packages: readonly string[];
  /** Files of the service, by their path under dist/, sorted. */
  readonly files: readonly string[];
  /** Files of both. */
  readonly count: number;
}

/** Runs the program until it is up and stops it; or until it ends by itself. */
export async function loadedCode(main: readonly string[], environment: Readonly<Record<string, string>>): Promise<LoadedCode> {
  const folder = await mkdtemp(join(tmpdir(), "loaded-code-"));
  try {
    const program = startProgram(main, { ...environment, NODE_V8_COVERAGE: folder });
    await Promise.race([listening(program), program.ended]).catch(() => undefined);
    const { code } = await program.signal("SIGTERM");
    return { exitCode: code, ...listed(await urlsIn(folder)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function urlsIn(folder: string): Promise<readonly string[]> {
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
  return texts.flatMap((text) => (JSON.parse(text) as { result: { url: string }[] }).result.map(({ url }) => url));
}

function listed(urls: readonly string[]): Omit<LoadedCode, "exitCode"> {
  const ours = [...new Set(urls)].filter((url) => url.startsWith("file:"));
  const packages = ours.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
  const files = ours.flatMap((url) => (url.includes("/node_modules/") ? [] : (/\/dist\/(.+)$/.exec(url)?.[1] ?? [])));
  return { packages: [...new Set(packages)].toSorted(), files: files.toSorted(), count: packages.length + files.length };
}
