/* oxlint-disable no-new -- in the CDK, making a construct is what adds it to the stack */
/** Who is called, and for what. */
import { ConsumptionBudgetResourceGroup } from "@cdktf/provider-azurerm/lib/consumption-budget-resource-group/index.js";
import { MonitorActionGroup } from "@cdktf/provider-azurerm/lib/monitor-action-group/index.js";
import { MonitorMetricAlert } from "@cdktf/provider-azurerm/lib/monitor-metric-alert/index.js";
import { MonitorScheduledQueryRulesAlertV2 } from "@cdktf/provider-azurerm/lib/monitor-scheduled-query-rules-alert-v2/index.js";
import { Construct } from "constructs";
import type { EnvironmentSettings } from "../environment-settings.js";
import { placeOf, type Surroundings } from "./surroundings.js";

export interface AlertsProps extends Surroundings {
  readonly emails: readonly string[];
}

/** 0 critical, 1 error, 2 warning. */
type Severity = 0 | 1 | 2;

export interface MetricAlert {
  readonly targetId: string;
  readonly namespace: "Microsoft.App/containerapps" | "Microsoft.DBforPostgreSQL/flexibleServers";
  readonly metric: string;
  readonly aggregation: "Average" | "Maximum" | "Total";
  readonly operator: "GreaterThan" | "LessThan";
  readonly threshold: number;
  /** ISO 8601 duration that is looked at, every five minutes. */
  readonly window: "PT5M" | "PT15M" | "PT1H";
  readonly severity: Severity;
  readonly description: string;
}

export interface LogAlert {
  readonly workspaceId: string;
  readonly query: string;
  readonly severity: Severity;
  readonly description: string;
}

export class Alerts extends Construct {
  private readonly people: MonitorActionGroup;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: AlertsProps,
  ) {
    super(scope, id);
    this.people = new MonitorActionGroup(this, "people", {
      resourceGroupName: props.group.name,
      name: props.names.of("ag"),
      // Shown in messages; Azure allows 12 characters.
      shortName: "collector",
      emailReceiver: props.emails.map((emailAddress, index) => ({ name: `email-${index + 1}`, emailAddress, useCommonAlertSchema: true })),
      tags: props.tags,
    });
  }

  /** Calls when a metric crosses its threshold. */
  onMetric(id: string, alert: MetricAlert): void {
    new MonitorMetricAlert(this, id, {
      resourceGroupName: this.props.group.name,
      name: this.props.names.of(`alert-${id.replaceAll("_", "-")}`),
      description: alert.description,
      scopes: [alert.targetId],
      severity: alert.severity,
      frequency: "PT5M",
      windowSize: alert.window,
      criteria: [{ metricNamespace: alert.namespace, metricName: alert.metric, aggregation: alert.aggregation, operator: alert.operator, threshold: alert.threshold }],
      action: [{ actionGroupId: this.people.id }],
      tags: this.props.tags,
    });
  }

  /** Calls when the query finds a line, looked at every five minutes. */
  onLog(id: string, alert: LogAlert): void {
    new MonitorScheduledQueryRulesAlertV2(this, id, {
      ...placeOf(this.props),
      name: this.props.names.of(`alert-${id.replaceAll("_", "-")}`),
      displayName: `${this.props.names.of("collector")}: ${id.replaceAll("_", " ")}`,
      description: alert.description,
      scopes: [alert.workspaceId],
      severity: alert.severity,
      evaluationFrequency: "PT5M",
      windowDuration: "PT15M",
      criteria: [
        {
          query: alert.query,
          timeAggregationMethod: "Count",
          operator: "GreaterThan",
          threshold: 0,
          failingPeriods: { minimumFailingPeriodsToTriggerAlert: 1, numberOfEvaluationPeriods: 1 },
        },
      ],
      autoMitigationEnabled: true,
      // The table is there only after the first line was logged.
      skipQueryValidation: true,
      action: { actionGroups: [this.people.id] },
    });
  }

  /** Warns at 80 % spent and when the forecast passes 100 %. */
  onCost(id: string, budget: NonNullable<EnvironmentSettings["budget"]>): void {
    const told = { operator: "GreaterThanOrEqualTo", contactGroups: [this.people.id] };
    new ConsumptionBudgetResourceGroup(this, id, {
      name: this.props.names.of("budget"),
      resourceGroupId: this.props.group.id,
      amount: budget.amount,
      timeGrain: "Monthly",
      timePeriod: { startDate: `${budget.startMonth}-01T00:00:00Z` },
      notification: [
        { ...told, threshold: 80, thresholdType: "Actual" },
        { ...told, threshold: 100, thresholdType: "Forecasted" },
      ],
    });
  }
}
