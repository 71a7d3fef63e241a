/** In which Microsoft cloud which API is documented to exist. */
import type { Api, Cloud } from "../service/ports.js";

/**
 * Why a combination is refused; absent where Microsoft documents it.
 * Graph: the v1.0 page of "List exchangeMessageTraces" says global service only (table of January 2026).
 * Reporting: Microsoft's pages name reports.office365.com alone. Addresses in other clouds are known from one public
 * script (GCC High) and a support note (21Vianet), neither of which Microsoft stands behind; for DoD nothing was found.
 * Refused rather than tried: a source that can never read looks like one that will.
 */
const REFUSED: Readonly<Record<Exclude<Cloud, "global">, Readonly<Record<Api, string>>>> = {
  "gcc-high": {
    graph: "Microsoft documents Graph message trace for the global cloud only",
    reporting: "Microsoft documents the reporting service for the global cloud only; an address for GCC High is known from a public script, not from Microsoft",
  },
  dod: {
    graph: "Microsoft documents Graph message trace for the global cloud only",
    reporting: "Microsoft documents the reporting service for the global cloud only; no address for DoD is known",
  },
  china: {
    graph: "Microsoft documents Graph message trace for the global cloud only",
    reporting: "Microsoft documents the reporting service for the global cloud only; the address for 21Vianet is known from an unofficial support note",
  },
};

/** Why this API cannot be read in this cloud, or undefined when it can. */
export function refusalOf(cloud: Cloud, api: Api): string | undefined {
  return cloud === "global" ? undefined : REFUSED[cloud][api];
}
