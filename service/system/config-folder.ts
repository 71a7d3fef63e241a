import { createHash } from "node:crypto";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { OriginFailed, type ConfigFile, type ConfigOrigin } from "../core/config-origin.js";

/** Definitions are small; a large file is something else. */
const FILE_BYTES_MAX = 256 * 1024;
const FILES_MAX = 5000;
const DEPTH_MAX = 8;
const DIGEST_LENGTH = 16;

/** A folder of configuration files, read whole at each fetch. */
export function folderOrigin(folder: string, wanted: (path: string) => boolean): ConfigOrigin {
  return {
    name: folder,
    unsteady: true,
    async fetch() {
      const files = await readConfigFolder(folder, wanted);
      return { files, revision: `folder-${digestOf(files)}` };
    },
  };
}

/**
 * The wanted files below a folder, sorted by path. Links are followed where they stay in the folder (Kubernetes mounts are made of them).
 * Throws OriginFailed.
 */
export async function readConfigFolder(folder: string, wanted: (path: string) => boolean): Promise<readonly ConfigFile[]> {
  const files: ConfigFile[] = [];
  try {
    const root = await realpath(folder);
    await walk(root, "", 0);
    return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));

    async function walk(real: string, below: string, depth: number): Promise<void> {
      for (const name of await readdir(real)) {
        // Names with a dot: .git, and the real folders behind a Kubernetes mount.
        if (name.startsWith(".")) continue;
        const path = below === "" ? name : `${below}/${name}`;
        const target = await realpath(join(real, name));
        if (target !== root && !target.startsWith(root + sep)) throw new OriginFailed(`${path} is a link that leads out of ${folder}`);
        const found = await stat(target);
        if (found.isDirectory() && depth < DEPTH_MAX) await walk(target, path, depth + 1);
        if (!found.isFile() || !wanted(path)) continue;
        if (found.size > FILE_BYTES_MAX) throw new OriginFailed(`${path} has ${found.size} bytes, more than ${FILE_BYTES_MAX}`);
        if (files.length >= FILES_MAX) throw new OriginFailed(`${folder} holds more than ${FILES_MAX} configuration files`);
        files.push({ path, text: await readFile(target, "utf8") });
      }
    }
  } catch (thrown) {
    if (thrown instanceof OriginFailed) throw thrown;
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unreadable";
    throw new OriginFailed(`${folder} cannot be read (${code})`, { cause: thrown });
  }
}

function digestOf(files: readonly ConfigFile[]): string {
  const hash = createHash("sha256");
  for (const { path, text } of files) hash.update(`${path}\0${text.length}\0${text}\0`);
  return hash.digest("hex").slice(0, DIGEST_LENGTH);
}
