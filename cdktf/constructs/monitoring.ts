/** Logs: the workspace, and what is sent to it. */
import { LogAnalyticsWorkspace } from "@cdktf/provider-azurerm/lib/log-analytics-workspace/index.js";
import { MonitorDiagnosticSetting } from "@cdktf/provider-azurerm/lib/monitor-diagnostic-setting/index.js";
import { Construct } from "constructs";
import type { EnvironmentSettings } from "../environment-settings.js";
import { placeOf, type Surroundings } from "./surroundings.js";

export interface MonitoringProps extends Surroundings {
  readonly settings: EnvironmentSettings["logs"];
}

/** Logs by group ("audit", "allLogs") or by single categories. */
export type LogChoice = { readonly group: string } | { readonly categories: readonly string[] };

export class Monitoring extends Construct {
  readonly workspace: LogAnalyticsWorkspace;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.workspace = new LogAnalyticsWorkspace(this, "Resource", {
      ...placeOf(props),
      name: props.names.of("log"),
      sku: "PerGB2018",
      retentionInDays: props.settings.retentionDays,
      dailyQuotaGb: props.settings.dailyCapGb,
      localAuthenticationEnabled: false,
    });
  }

  /** Sends a resource's logs to the workspace. */
  audit(id: string, targetResourceId: string, logs: LogChoice): MonitorDiagnosticSetting {
    return new MonitorDiagnosticSetting(this, id, {
      name: "collector",
      targetResourceId,
      logAnalyticsWorkspaceId: this.workspace.id,
      logAnalyticsDestinationType: "Dedicated",
      enabledLog: "group" in logs ? [{ categoryGroup: logs.group }] : logs.categories.map((category) => ({ category })),
      // Where a service has no choice, Azure answers null: every plan would set it again (Azure/azure-rest-api-specs issue 22400, with a vault).
      lifecycle: { ignoreChanges: ["log_analytics_destination_type"] },
    });
  }
}
