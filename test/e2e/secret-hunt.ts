/** The hunt for secrets: in what programs said, in what the API answered, and in every file of a folder. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { answers } from "./collector.js";
import type { Program } from "./program.js";

export interface Hunt {
  readonly secrets: Iterable<string>;
  readonly programs: readonly Program[];
  readonly folders: readonly string[];
  /** Names of files that are a secret themselves. Default: the key file. */
  readonly except?: readonly string[];
}

const KEY_FILES = ["encryption.key"];
/** A secret is searched for by its beginning too: a cut one gives away enough. */
const BEGINNING_CHARACTERS = 24;

/** Where secrets were found; empty when all is well. Throws Error when there is nothing to search: such a hunt proves nothing. */
export async function huntSecrets({ secrets, programs, folders, except = KEY_FILES }: Hunt): Promise<readonly string[]> {
  const wanted = [...new Set(beginnings([...secrets]).flatMap(formsOf))];
  const places = [...programs.flatMap(({ said }, at) => [[`output of process ${at}`, Buffer.from(said.out)], [`errors of process ${at}`, Buffer.from(said.err)]] as const), ...[...answers.values()].map((text, at) => [`answer ${at}`, Buffer.from(text)] as const)];
  const files = (await Promise.all(folders.map(filesIn))).flat().filter((path) => !except.some((name) => path.endsWith(`/${name}`)));
  if (wanted.length === 0 || places.length === 0 || files.length === 0) throw new Error("nothing to search for, or nothing to search");
  const found: string[] = [];
  const search = (place: string, content: Buffer) => {
    for (const secret of wanted) if (content.includes(secret)) found.push(`${place}: ${secret.slice(0, 6)}...`);
  };
  for (const [place, content] of places) search(place, content);
  for (const path of files) search(path, await contentOf(path));
  return found;
}

/** What to search for. Tokens that begin alike are one search for all of them. */
function beginnings(secrets: readonly string[]): readonly string[] {
  return [...new Set(secrets.map((secret) => secret.slice(0, BEGINNING_CHARACTERS)))];
}

function formsOf(secret: string): readonly string[] {
  return [secret, Buffer.from(secret).toString("base64").replace(/=+$/, "").slice(0, -1), encodeURIComponent(secret)];
}

/** Files of a database come and go with the handles on it. */
async function contentOf(path: string): Promise<Buffer> {
  return readFile(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return Buffer.alloc(0);
    throw thrown;
  });
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
