/** What is watched, and when somebody is called. */
import type { Alerts } from "./constructs/alerts.js";
import type { CollectorApp } from "./constructs/collector-app.js";
import type { Database } from "./constructs/database.js";
import type { Monitoring } from "./constructs/monitoring.js";
import { LOG_EVENTS } from "./service-environment.js";
import type { EnvironmentSettings } from "./environment-settings.js";

export interface Watched {
  readonly database: Database;
  readonly monitoring: Monitoring;
  readonly app: CollectorApp | undefined;
  readonly budget: EnvironmentSettings["budget"];
}

export function watch(alerts: Alerts, { database, monitoring, app, budget }: Watched): void {
  const server = { targetId: database.server.id, namespace: "Microsoft.DBforPostgreSQL/flexibleServers", aggregation: "Average", operator: "GreaterThan", window: "PT15M" } as const;
  alerts.onMetric("database_storage", { ...server, metric: "storage_percent", threshold: 80, severity: 1, description: "The database's storage is more than 80 % full." });
  alerts.onMetric("database_cpu", { ...server, metric: "cpu_percent", threshold: 90, severity: 2, description: "The database's CPU was above 90 % for a quarter of an hour." });
  if (app) watchApp(alerts, app, monitoring);
  if (budget) alerts.onCost("budget", budget);
}

function watchApp(alerts: Alerts, app: CollectorApp, monitoring: Monitoring): void {
  const container = { targetId: app.app.id, namespace: "Microsoft.App/containerapps", aggregation: "Maximum" } as const;
  alerts.onMetric("restarts", { ...container, metric: "RestartCount", operator: "GreaterThan", threshold: 2, window: "PT15M", severity: 1, description: "A replica restarts again and again." });
  alerts.onMetric("no_replica", { ...container, metric: "Replicas", operator: "LessThan", threshold: 1, window: "PT5M", severity: 0, description: "No replica runs: nothing is collected." });
  const lines = { workspaceId: monitoring.workspace.id } as const;
  alerts.onLog("source_late", { ...lines, query: linesOf(app, LOG_EVENTS.late), severity: 1, description: "A source is late: its newest delivered row is older than it should be. The status page says why." });
  alerts.onLog("gap", { ...lines, query: linesOf(app, LOG_EVENTS.gap), severity: 0, description: "Rows of a stretch of time cannot be read any more. The coverage of the source shows which." });
}

/** The collector's log lines with that event. */
function linesOf(app: CollectorApp, event: string): string {
  return ["ContainerAppConsoleLogs", `| where ContainerAppName == "${app.app.name}"`, "| extend line = parse_json(Log)", `| where tostring(line.event) == "${event}"`].join("\n");
}
