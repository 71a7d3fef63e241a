/** Sources as people name them: by id or by name, in whichever collector they are. */
import { callApi, type ApiAddress } from "./call-api.js";

/** As far as the command line reads it. */
export interface SourceSeen {
  readonly id: number;
  readonly name: string;
  readonly state: { readonly state: string; readonly errorType?: string; readonly errorInfo?: string; readonly recovering?: { readonly fault: string; readonly message: string } };
  readonly paused: boolean;
  /** Its collector's name and id. */
  readonly collector: string;
  readonly collectorId: number;
}

/** Every source of every collector, in the order of the API. */
export async function allSources(address: ApiAddress): Promise<readonly SourceSeen[]> {
  const found: SourceSeen[] = [];
  for (const { id, name } of await allCollectors(address)) {
    const { sources } = (await callApi(address, "GET", `/collectors/${id}/sources`)) as { sources: readonly Omit<SourceSeen, "collector" | "collectorId">[] };
    found.push(...sources.map((source) => ({ ...source, collector: name, collectorId: id })));
  }
  return found;
}

interface CollectorSeen {
  readonly id: number;
  readonly name: string;
}
async function allCollectors(address: ApiAddress): Promise<readonly CollectorSeen[]> {
  const found: CollectorSeen[] = [];
  for (;;) {
    const { collectors } = (await callApi(address, "GET", `/collectors?limit=${PAGE}&offset=${found.length}`)) as { collectors: readonly CollectorSeen[] };
    found.push(...collectors);
    if (collectors.length < PAGE) return found;
  }
}
const PAGE = 1000;

/** The source that is meant, and the path of its own. Throws Error when there is none, or several of the name. */
export async function findSource(address: ApiAddress, given: string): Promise<{ readonly source: SourceSeen; readonly path: string }> {
  const all = await allSources(address);
  const byId = all.filter(({ id }) => String(id) === given);
  const [source, ...others] = byId.length > 0 ? byId : all.filter(({ name }) => name === given);
  if (!source) throw new Error(`there is no source ${JSON.stringify(given)}; "collector sources" lists those there are`);
  if (others.length > 0) throw new Error(`several sources are named ${JSON.stringify(given)}; give an id: ${[source, ...others].map(({ id, collector }) => `${id} (in ${collector})`).join(", ")}`);
  return { source, path: `/collectors/${source.collectorId}/sources/${source.id}` };
}
