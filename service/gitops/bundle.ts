/** The objects of a repository as one JSON body: what the command line sends and the API reads. */
import type { FileProblem } from "./config-file.js";
import type { ConfigObject, ObjectKind } from "./repository.js";

export interface Bundle {
  readonly revision: string;
  readonly prune: boolean;
  readonly objects: readonly { readonly file: string; readonly kind: ObjectKind; readonly value: unknown }[];
}

const OBJECTS_MAX = 5000;
const REVISION = /^[\w.:/-]{1,128}$/;
const KINDS: readonly unknown[] = ["source", "destination", "collector"] satisfies ObjectKind[];

/** What is sent of the objects. */
export function bundleOf(objects: readonly ConfigObject[], options: { readonly revision: string; readonly prune: boolean }): Bundle {
  return { ...options, objects: objects.map(({ file, kind, value }) => ({ file, kind, value })) };
}

/** A received body as objects, or what is wrong with its frame. Never throws, whatever JSON it is given. */
export function readBundle(body: unknown): { readonly bundle: Omit<Bundle, "objects"> & { readonly objects: readonly ConfigObject[] } } | { readonly problems: readonly FileProblem[] } {
  const problems: FileProblem[] = [];
  const complain = (pointer: string, message: string): void => void problems.push({ file: "", pointer, message });
  if (!isObject(body)) return { problems: [{ file: "", pointer: "", message: "The body must be an object with a list named objects." }] };
  const { revision = "unnamed", prune = false, objects } = body;
  const unknown = Object.keys(body).find((key) => !["revision", "prune", "objects"].includes(key));
  if (unknown !== undefined) complain("", `The body has the unknown key ${JSON.stringify(unknown.slice(0, 40))}: known are revision, prune, objects.`);
  if (typeof revision !== "string" || !REVISION.test(revision)) complain("/revision", "/revision must be a text of 1 to 128 letters, digits and . : / _ -.");
  if (typeof prune !== "boolean") complain("/prune", "/prune must be true or false.");
  if (!Array.isArray(objects) || objects.length > OBJECTS_MAX) complain("/objects", `/objects must be a list of at most ${OBJECTS_MAX} objects.`);
  const read = (Array.isArray(objects) ? objects.slice(0, OBJECTS_MAX) : []).flatMap((object: unknown, index): ConfigObject[] => {
    if (isObject(object) && typeof object["file"] === "string" && object["file"].length <= 1024 && KINDS.includes(object["kind"]) && Object.hasOwn(object, "value")) {
      const { file, kind, value } = object as { file: string; kind: ObjectKind; value: unknown };
      return [{ file, kind, value, place: () => ({ file }) }];
    }
    complain(`/objects/${index}`, `/objects/${index} must be an object with file (a text), kind ("source", "destination" or "collector") and value.`);
    return [];
  });
  if (problems.length > 0 || typeof revision !== "string" || typeof prune !== "boolean") return { problems: problems.slice(0, 100) };
  return { bundle: { revision, prune, objects: read } };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
