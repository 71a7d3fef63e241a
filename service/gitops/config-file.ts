/** One file of a configuration repository, read: its value, where each part of it stands, and what is wrong with its text. */
import { LineCounter, isMap, isNode, isPair, isScalar, isSeq, parseDocument, type Document, type Node } from "yaml";
import type { ConfigFile } from "../core/config-origin.js";
import { fromPointer } from "./pointer.js";

/** 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Something wrong in a repository: where, and what to do, in whole sentences. */
export interface FileProblem {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** JSON pointer; "" is the whole file. */
  readonly pointer: string;
  readonly message: string;
  readonly remedy?: string;
}

export interface ParsedFile {
  readonly path: string;
  /** Undefined when the text cannot be read. */
  readonly value: unknown;
  readonly problems: readonly FileProblem[];
  /** Where the pointer's value stands; of what is not there, where its nearest holder does. */
  place(pointer: string): Place;
  /** Whether the file itself says something there. */
  says(pointer: string): boolean;
}

/** Aliases may multiply a small text into a large value: none of ours needs more. */
const ALIASES_MAX = 50;
const START: Place = { line: 1, column: 1 };

/** Reads JSON or YAML 1.2 (of which JSON is a part): one parser, so that both have positions. Never throws. */
export function parseConfigFile({ path, text }: ConfigFile): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true, prettyErrors: false, schema: "core", customTags: [] });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems = [...jsonProblems(path, text, at), ...yamlProblems(path, document, at)].slice(0, 1);
  const value = problems.length > 0 ? undefined : valueOf(document);
  if (problems.length === 0 && value === undefined) problems.push({ file: path, ...START, pointer: "", message: "The file is empty or uses too many aliases.", remedy: "Write one object into it, or remove the file." });
  return {
    path,
    value,
    problems,
    place: (pointer) => placeOf(document, pointer, at),
    says: (pointer) => nodeAt(document, fromPointer(pointer)) !== undefined,
  };
}

/** JSON files must be JSON: other tools read them, too. */
function jsonProblems(path: string, text: string, at: (offset: number) => Place): FileProblem[] {
  if (!path.endsWith(".json")) return [];
  try {
    JSON.parse(text);
    return [];
  } catch (thrown) {
    const said = thrown instanceof Error ? thrown.message : "";
    const offset = Number(/position (\d+)/.exec(said)?.[1] ?? (/end of JSON/.test(said) ? text.length : Number.NaN));
    // Without a position the YAML parser finds the place, when it complains too.
    const place = Number.isNaN(offset) ? undefined : at(offset);
    return [{ file: path, ...(place ?? START), pointer: "", message: "The file is not valid JSON.", remedy: "Correct it here (a comma too many or too few, quotes, comments), or name the file .yaml if it is YAML." }];
  }
}

/** Where the parser speaks to programmers. */
const OWN_WORDS: ReadonlyMap<string, readonly [message: string, remedy: string]> = new Map([
  ["DUPLICATE_KEY", ["A key stands a second time in one object.", "Keep one of them."]],
  ["MULTIPLE_DOCS", ["The file holds several YAML documents.", "Put each object into a file of its own."]],
]);

function yamlProblems(path: string, document: Document, at: (offset: number) => Place): FileProblem[] {
  return document.errors.map((error) => {
    const [first = ""] = error.message.split("\n");
    const [message, remedy] = OWN_WORDS.get(error.code) ?? [`${first.replace(/[.:]?$/, "")}.`, "Correct the text here."];
    return { file: path, ...at(error.pos[0]), pointer: "", message, remedy };
  });
}

function valueOf(document: Document): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
    // What JSON cannot say (dates, bigints, undefined) has no place here.
    return document.contents === null ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
  } catch {
    return undefined;
  }
}

function placeOf(document: Document, pointer: string, at: (offset: number) => Place): Place {
  for (let path = fromPointer(pointer); ; path = path.slice(0, -1)) {
    const offset = nodeAt(document, path);
    if (offset !== undefined) return at(offset);
    if (path.length === 0) return START;
  }
}

/** Offset of the key (or entry) that a path names; of the value where there is no key. */
function nodeAt(document: Document, path: readonly string[]): number | undefined {
  let node: unknown = document.contents;
  let offset = isNode(node) ? offsetOf(node) : undefined;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key);
      if (!pair) return undefined;
      offset = isNode(pair.key) ? offsetOf(pair.key) : undefined;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      if (!isNode(node)) return undefined;
      offset = offsetOf(node);
    } else return undefined;
  }
  return offset;
}

function offsetOf(node: Node): number | undefined {
  return node.range?.[0];
}
