import { Gauge, type Registry } from "prom-client";

/** What the metrics of configuration from files show; ms since the epoch, absent while there is nothing to show. */
export interface ConfigGauges {
  readonly appliedMs?: number;
  readonly checkedMs?: number;
  readonly failed: boolean;
  readonly revision?: string;
}

/** Registers the gauges; they are read whenever somebody asks for metrics. */
export function registerConfigMetrics(registry: Registry, read: () => ConfigGauges): void {
  const gauge = (name: string, help: string, value: (now: ConfigGauges) => number | undefined) =>
    new Gauge({
      name: `collector_config_${name}`,
      help,
      registers: [registry],
      collect() {
        const found = value(read());
        if (found === undefined) this.remove();
        else this.set(found);
      },
    });
  gauge("applied_timestamp_seconds", "When the running configuration was taken up, Unix time", ({ appliedMs }) => appliedMs && appliedMs / 1000);
  gauge("checked_timestamp_seconds", "When the repository or folder was last looked at, Unix time", ({ checkedMs }) => checkedMs && checkedMs / 1000);
  gauge("failed", "1 while the newest revision cannot be had or is not in order", ({ failed }) => (failed ? 1 : 0));
  new Gauge({
    name: "collector_config_revision",
    help: "1 for the revision that runs",
    labelNames: ["revision"] as const,
    registers: [registry],
    collect() {
      this.reset();
      const { revision } = read();
      if (revision !== undefined) this.set({ revision }, 1);
    },
  });
}
