/** A copy of the collector in a folder of its own, with a bug planted in it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Patch, Planted } from "./planted.js";
import { loadProduct, type Product } from "./product.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Plot {
  readonly bug: Planted;
  readonly product: Product;
  clear(): void;
}

/** Copies, patches, loads. Throws when a patch does not fit any more. */
export async function plant(bug: Planted): Promise<Plot> {
  const folder = mkdtempSync(join(tmpdir(), "planted-"));
  const clear = () => rmSync(folder, { recursive: true, force: true });
  try {
    for (const part of ["service", "schema", "package.json", "tsconfig.json"]) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    for (const patch of bug.patches) {
      const path = join(folder, "service", patch.file);
      writeFileSync(path, patched(readFileSync(path, "utf8"), patch, bug.name));
    }
    return { bug, product: await loadProduct(pathToFileURL(`${folder}/`)), clear };
  } catch (thrown) {
    clear();
    throw thrown;
  }
}

/** The text with the bug in it. Throws when what it is planted at is not there, or more than once. */
export function patched(text: string, { file, find, put }: Patch, name: string): string {
  const places = text.split(find).length - 1;
  if (places !== 1) throw new Error(`the bug "${name}" cannot be planted: service/${file} has ${places} places that read ${JSON.stringify(find)}`);
  return text.replace(find, () => put);
}
