import { readFileSync } from "node:fs";

/** Version of the package, from its package.json: beside `service` in the sources, two folders up in the build. */
export const VERSION: string = readVersion(["../package.json", "../../package.json"]);

function readVersion(places: readonly string[]): string {
  for (const place of places) {
    try {
      return (JSON.parse(readFileSync(new URL(place, import.meta.url), "utf8")) as { version: string }).version;
    } catch {
      // the other place
    }
  }
  return "unknown";
}
