import { Gauge, type Registry } from "prom-client";

/** What the metrics of configuration from files show; ms since the epoch, absent while there is nothing to show. */
export interface ConfigGauges {
  readonly appliedMs?: number;
  readonly checkedMs?: number;
  readonly failed: boolean;
  readonly revision?: string;
}

type Series = readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

/** Registers the gauges; they are read whenever somebody asks for metrics. */
export function registerConfigMetrics(registry: Registry, read: () => ConfigGauges): void {
  gauge(registry, "applied_timestamp_seconds", "When the running configuration was taken up, Unix time", () => instant(read().appliedMs));
  gauge(registry, "checked_timestamp_seconds", "When the repository or folder was last looked at, Unix time", () => instant(read().checkedMs));
  gauge(registry, "failed", "1 while the newest revision cannot be had or is not in order", () => [[{}, read().failed ? 1 : 0]]);
  gauge(registry, "revision", "1 for the revision that runs", () => {
    const { revision } = read();
    return revision === undefined ? [] : [[{ revision }, 1]];
  });
}

function gauge(registry: Registry, name: string, help: string, series: () => Series): Gauge {
  const labelNames = name === "revision" ? ["revision"] : [];
  return new Gauge({
    name: `collector_config_${name}`,
    help,
    labelNames,
    registers: [registry],
    collect() {
      // Of a gauge without labels, reset() would leave a zero behind.
      if (labelNames.length > 0) this.reset();
      else this.remove();
      for (const [labels, value] of series()) this.set(labels, value);
    },
  });
}

function instant(ms: number | undefined): Series {
  return ms === undefined ? [] : [[{}, ms / 1000]];
}
