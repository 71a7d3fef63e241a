/** Sources by their ids alone: the API has them under their collectors. */
import { callApi, type ApiAddress } from "./call-api.js";

interface SourceAnswer {
  readonly id: number;
}
interface CollectorAnswer {
  readonly id: number;
  readonly name: string;
}

/** Every source, with the name of its collector. */
export async function allSources(address: ApiAddress): Promise<readonly (SourceAnswer & { readonly collector: string })[]> {
  const found: (SourceAnswer & { readonly collector: string })[] = [];
  for (const { id, name } of await collectorsOf(address)) found.push(...(await sourcesIn(address, id)).map((source) => ({ ...source, collector: name })));
  return found;
}

/** Path of a source below the API's prefix; that of the collector that is always there when no other has it, so that the API says what is wrong. */
export async function pathOfSource(address: ApiAddress, id: string): Promise<string> {
  for (const collector of await collectorsOf(address)) {
    if ((await sourcesIn(address, collector.id)).some((source) => String(source.id) === id)) return `/collectors/${collector.id}/sources/${id}`;
  }
  return `/sources/${encodeURIComponent(id)}`;
}

async function collectorsOf(address: ApiAddress): Promise<readonly CollectorAnswer[]> {
  const all: CollectorAnswer[] = [];
  for (;;) {
    const { collectors } = (await callApi(address, "GET", `/collectors?limit=${PAGE}&offset=${all.length}`)) as { collectors: readonly CollectorAnswer[] };
    all.push(...collectors);
    if (collectors.length < PAGE) return all;
  }
}
/** What the API gives at most. */
const PAGE = 1000;

async function sourcesIn(address: ApiAddress, collectorId: number): Promise<readonly SourceAnswer[]> {
  return ((await callApi(address, "GET", `/collectors/${collectorId}/sources`)) as { sources: readonly SourceAnswer[] }).sources;
}
