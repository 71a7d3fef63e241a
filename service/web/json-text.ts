/**
 * Looks a JSON text over before it is parsed: where it is broken, nested too deeply, or names a key twice. JSON.parse tells
 * a position only sometimes and quotes the text, which may hold a secret; it lets the last of two equal keys win in silence.
 */

export interface JsonFault {
  /** In UTF-16 units from the start. */
  readonly offset: number;
  /** What is wrong there. Never a value of the text. */
  readonly what: string;
}

// One character at a time inside the star: a `+` there would take exponential time on a text without end.
// eslint-disable-next-line no-control-regex -- JSON forbids exactly these (RFC 8259, 7)
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const KEY_SHOWN_MAX = 60;

type Due = "value" | "first value" | "key" | "first key" | "end";

/** The first fault of a JSON text, or undefined when JSON.parse will take it. Iterative: depth costs no stack. */
export function findJsonFault(text: string, depthMax: number): JsonFault | undefined {
  const scan = new Scan(text);
  /** What is open: the keys of an object, undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let due: Due = "value";
  for (;;) {
    scan.take(SPACE);
    const keys = open.at(-1);
    const here = text[scan.at];
    const mayClose = open.length > 0 && (due === "end" || due.startsWith("first"));
    if (due === "end" && open.length === 0) return scan.ended ? undefined : scan.fault("the text should end");
    if (mayClose && here === (keys ? "}" : "]")) {
      scan.at++;
      open.pop();
      due = "end";
    } else if (due === "end") {
      if (here !== ",") return scan.fault(`"," or "${keys ? "}" : "]"}" is due`);
      scan.at++;
      due = keys ? "key" : "value";
    } else if (keys && (due === "key" || due === "first key")) {
      const fault = scan.key(keys);
      if (fault) return fault;
      due = "value";
    } else if (here === "{" || here === "[") {
      if (open.length >= depthMax) return scan.fault(`it is nested more than ${depthMax} levels deep`);
      scan.at++;
      open.push(here === "{" ? new Set() : undefined);
      due = here === "{" ? "first key" : "first value";
    } else {
      if (scan.take(STRING) === undefined && scan.take(SCALAR) === undefined) return scan.fault("a value is due");
      due = "end";
    }
  }
}

/** Line and column of an offset, from 1, as editors count. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

class Scan {
  at = 0;
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }

  get ended(): boolean {
    return this.at >= this.#text.length;
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  /** A key that is not there yet, and its colon. */
  key(keys: Set<string>): JsonFault | undefined {
    const offset = this.at;
    const literal = this.take(STRING);
    if (literal === undefined) return this.fault("a key in double quotes is due");
    const name = JSON.parse(literal) as string;
    if (keys.has(name)) return { offset, what: `the key ${JSON.stringify(name.slice(0, KEY_SHOWN_MAX))} stands a second time in one object` };
    keys.add(name);
    this.take(SPACE);
    if (this.#text[this.at] !== ":") return this.fault('":" is due');
    this.at++;
    return undefined;
  }

  fault(what: string): JsonFault {
    if (this.ended) return { offset: this.at, what: `the text ends, but ${what}` };
    if (this.#text[this.at] === '"') return { offset: this.at, what: "a string begins that has no end, a raw control character or an unknown escape" };
    return { offset: this.at, what };
  }
}
