/** Widgets of a dashboard, as Datadog's API takes them. */

export type Widget = { readonly definition: Readonly<Record<string, unknown>> };

/** Name in the formula → metric query. */
export type Queries = Readonly<Record<string, string>>;

export interface Series {
  readonly queries: Queries;
  /** Each is a line of its own. Default: each query as it is. */
  readonly formulas?: readonly { readonly formula: string; readonly alias: string }[];
  readonly display?: "line" | "bars" | "area";
  /** Limits of gates, drawn across. */
  readonly limits?: readonly number[];
}

type Aggregator = "sum" | "max" | "min" | "last" | "avg";

export function timeseries(title: string, { queries, formulas, display = "line", limits = [] }: Series): Widget {
  const lines = formulas ?? Object.keys(queries).map((name) => ({ formula: name, alias: name.replaceAll("_", " ") }));
  return {
    definition: {
      type: "timeseries",
      title,
      show_legend: true,
      legend_layout: "auto",
      requests: [
        {
          response_format: "timeseries",
          display_type: display,
          queries: Object.entries(queries).map(([name, query]) => ({ data_source: "metrics", name, query })),
          formulas: lines,
        },
      ],
      ...(limits.length > 0
        ? {
            markers: limits.map((value) => ({
              value: `y = ${value}`,
              display_type: "error dashed",
              label: `limit ${value}`,
            })),
          }
        : {}),
    },
  };
}

/** The worst first. */
export function toplist(title: string, queries: Queries, formula: string, aggregator: Aggregator): Widget {
  return {
    definition: {
      type: "toplist",
      title,
      requests: [scalar(queries, [{ formula, limit: { count: 50, order: "desc" } }], aggregator)],
    },
  };
}

export function figure(title: string, queries: Queries, formula: string, aggregator: Aggregator): Widget {
  return {
    definition: {
      type: "query_value",
      title,
      autoscale: true,
      precision: 3,
      requests: [scalar(queries, [{ formula }], aggregator)],
    },
  };
}

function scalar(queries: Queries, formulas: readonly object[], aggregator: Aggregator): object {
  return {
    response_format: "scalar",
    queries: Object.entries(queries).map(([name, query]) => ({ data_source: "metrics", name, query, aggregator })),
    formulas,
  };
}

export function checkStatus(title: string, check: string, tags: readonly string[], groupBy: readonly string[]): Widget {
  return { definition: { type: "check_status", title, check, grouping: "cluster", group_by: groupBy, tags } };
}

export function events(title: string, query: string): Widget {
  return { definition: { type: "event_stream", title, query, event_size: "l", tags_execution: "and" } };
}

export function note(content: string): Widget {
  return { definition: { type: "note", content, background_color: "white", font_size: "14", show_tick: false } };
}

export function group(title: string, widgets: readonly Widget[]): Widget {
  return { definition: { type: "group", title, layout_type: "ordered", show_title: true, widgets } };
}
