import type { SourceType } from "../ports.js";
import { MS_EXCHANGE_TRACE_LOGS } from "./ms-exchange-trace-logs/index.js";

/** Every kind of source, one per folder beside this file; a test compares the two. */
export const SOURCE_TYPES: readonly SourceType[] = [MS_EXCHANGE_TRACE_LOGS];

/** The source type that answers to a `schemaRef.type`, by its name or an alias of it; undefined for an unknown one. */
export function sourceTypeOf(typeOrAlias: string): SourceType | undefined {
  return SOURCE_TYPES.find((each) => each.type === typeOrAlias || each.aliases.includes(typeOrAlias));
}
