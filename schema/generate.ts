/**
 * Writes everything that is derived from the schemas: `npm run generate`. With `--check` it writes nothing, names the files
 * that are stale on standard error and exits with 1.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { collectorPage, definitionPage, destinationsPage, faultsPage, settingsPage } from "./generate-docs.js";
import { editorCollector, editorDestination, editorSource } from "./generate-editor.js";
import { typesText } from "./generate-types.js";

const root = new URL("../", import.meta.url);

/** Every derived file, by its path in the repository, with the text that it should have. */
export async function derivedFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["schema/types.generated.ts", await typesText()],
    ["schema/editor/source.json", editorSource()],
    ["schema/editor/destination.json", editorDestination()],
    ["schema/editor/collector.json", editorCollector()],
    ["examples/config-repo/.schema/source.json", editorSource()],
    ["examples/config-repo/.schema/destination.json", editorDestination()],
    ["examples/config-repo/.schema/collector.json", editorCollector()],
    ["docs/reference/definition.md", definitionPage()],
    ["docs/reference/destinations.md", destinationsPage()],
    ["docs/reference/collector.md", collectorPage()],
    ["docs/reference/settings.md", settingsPage()],
    ["docs/reference/faults.md", faultsPage()],
  ]);
}

/** Paths of derived files that differ from what the schemas say, or are missing. */
export async function staleFiles(): Promise<readonly string[]> {
  return [...(await derivedFiles())].filter(([path, text]) => readOrNothing(path) !== text).map(([path]) => path);
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(new URL(path, root), "utf8");
  } catch {
    return undefined;
  }
}

async function main(): Promise<void> {
  const stale = await staleFiles();
  if (process.argv.includes("--check")) {
    if (stale.length === 0) return;
    process.stderr.write(`Stale: ${stale.join(", ")}. Run "npm run generate" and keep the result.\n`);
    process.exitCode = 1;
    return;
  }
  for (const [path, text] of await derivedFiles()) {
    if (!stale.includes(path)) continue;
    const url = new URL(path, root);
    mkdirSync(dirname(fileURLToPath(url)), { recursive: true });
    writeFileSync(url, text);
    process.stdout.write(`wrote ${path}\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
