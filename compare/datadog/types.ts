/** Documents of Datadog's API, as far as they are written here. The tests hold them to Datadog's own models. */

export interface Monitor {
  readonly name: string;
  readonly type: "query alert" | "composite" | "service check";
  /** Of a composite: `${KEY} && ${KEY}`, where the ids of those monitors belong. */
  readonly query: string;
  readonly message: string;
  readonly tags: readonly string[];
  /** 1 is the most urgent, 5 the least. */
  readonly priority: number;
  readonly options: MonitorOptions;
}

export interface MonitorOptions {
  readonly thresholds?: Readonly<Partial<Record<"critical" | "warning" | "ok" | "unknown", number>>>;
  readonly require_full_window?: boolean;
  readonly notify_no_data: boolean;
  readonly no_data_timeframe?: number;
  readonly include_tags: boolean;
  readonly renotify_interval?: number;
  readonly renotify_statuses?: readonly ("alert" | "warn" | "no data")[];
}

/** A monitor and the name by which composites and later calls know it. */
export interface KeyedMonitor {
  /** Lower-case letters, digits and `_`: a name in Terraform, and in `${…}`. */
  readonly key: string;
  /** Keys whose ids its query needs; those stand before it. */
  readonly needs: readonly string[];
  readonly monitor: Monitor;
}
