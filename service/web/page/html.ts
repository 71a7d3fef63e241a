/** HTML by template literals: every value is escaped unless it is HTML already. There is no way to put text in unescaped. */

const MADE = Symbol("html");

export interface Html {
  readonly [MADE]: true;
  readonly text: string;
}
type Part = Html | string | number | undefined | readonly Part[];

/** `html` in front of a template literal. Lists are joined, undefined is nothing. */
export function html(literal: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return made(literal.map((text, at) => text + (at < parts.length ? textOf(parts[at]) : "")).join(""));
}

function textOf(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "object") return MADE in part ? part.text : part.map(textOf).join("");
  return escape(String(part));
}

/** Safe in text and in quoted attributes. */
function escape(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function made(text: string): Html {
  return { [MADE]: true, text };
}
