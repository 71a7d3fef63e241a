/** Configuration from files: its state, what a set of files would change, and making the change. */
import { ConfigRefused } from "../../gitops/configuration.js";
import { readBundle } from "../../gitops/bundle.js";
import type { FileProblem } from "../../gitops/config-file.js";
import { audited } from "../audit.js";
import { configChanges, configSight } from "../config-audit.js";
import { configForm, exportForm, planForm, type ConfigSide } from "../config-form.js";
import type { Context } from "../context.js";
import { notFound, Refusal, told } from "../refusal.js";
import { json, type Answer, type Call, type Route } from "../route.js";

export function configRoutes(context: Context): readonly Route[] {
  const shown = () => ({ collectors: context.collectors, sources: context.app.definitions.list(), defaultId: context.defaultCollectorId });
  return [
    { method: "GET", path: "/config", answer: async () => json(200, { config: configForm(sideOf(context), shown()) }) },
    { method: "GET", path: "/config/export", answer: async () => json(200, exportForm(sideOf(context), shown())) },
    // Nothing is changed by it: whoever may look may ask.
    { method: "POST", path: "/config/plan", needs: "reader", answer: (call) => plan(context, call) },
    // Destinations decide where rows go: that is not an editor's affair.
    { method: "POST", path: "/config/apply", needs: "admin", answer: (call) => apply(context, call) },
    { method: "POST", path: "/config/sync", answer: async () => sync(sideOf(context)) },
  ];
}

function sideOf({ config }: Context): ConfigSide {
  if (!config) throw notFound("This collector has no configuration from files.");
  return config;
}

async function plan(context: Context, call: Call): Promise<Answer> {
  const wish = wishOf(call);
  return json(200, { plan: planForm(refusing(() => sideOf(context).configuration.plan(wish))) });
}

async function apply(context: Context, call: Call): Promise<Answer> {
  const { configuration, pull } = sideOf(context);
  if (pull) throw new Refusal(409, "config.managed", `This collector fetches its configuration itself, from ${pull.origin.name}: change it there.`);
  const wish = wishOf(call);
  const sight = () => configSight({ configuration, collectors: context.collectors, definitions: context.app.definitions });
  const before = sight();
  const planned = await configuration.apply(wish).catch((thrown: unknown) => refusing(() => Promise.reject(thrown)));
  for (const change of configChanges(planned, wish.revision, before, sight())) await audited(context, call, change);
  return json(200, { plan: planForm(planned), revision: wish.revision });
}

/** Asks for a fetch and does not wait for it: GET /config shows what came of it. */
export function sync({ pull }: ConfigSide): Answer {
  if (!pull) throw notFound("This collector fetches no configuration: set COLLECTOR_CONFIG_REPO or COLLECTOR_CONFIG_DIR.");
  void pull.sync();
  return json(202, { message: "The configuration is fetched now; GET /api/v1/config shows what came of it." });
}

function wishOf(call: Call) {
  const read = readBundle(call.body);
  if ("problems" in read) throw refusal(read.problems);
  return { ...read.bundle, by: "apply" as const };
}

function refusing<T>(work: () => T): T {
  const refused = (thrown: unknown): never => {
    throw thrown instanceof ConfigRefused ? refusal(thrown.problems) : thrown;
  };
  try {
    const made = work();
    return made instanceof Promise ? (made.catch(refused) as T) : made;
  } catch (thrown) {
    return refused(thrown);
  }
}

function refusal(problems: readonly FileProblem[]): Refusal {
  const errors = problems.map(({ message, remedy, ...place }) => ({ ...place, message: [place.file, remedy === undefined ? message : `${message} ${remedy}`].filter((text) => text !== "").join(": ") }));
  return new Refusal(400, "config.invalid", told("The configuration was refused, nothing was changed.", errors.slice(0, 20)), { errors });
}
