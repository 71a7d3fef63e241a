/** Puts the schema files beside the compiled JavaScript, which reads them at start: the last step of `npm run build`. */
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { SCHEMA_FILES } from "./load.js";

const target = new URL("../dist/schema/", import.meta.url);
for (const path of SCHEMA_FILES) {
  const to = fileURLToPath(new URL(path, target));
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(fileURLToPath(new URL(path, import.meta.url)), to);
}
