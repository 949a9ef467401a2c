/** Datadog's query language, read as strictly as its documentation writes it. Throws where a text is not in it. */

export interface MetricQuery {
  readonly aggregator: string;
  readonly metric: string;
  readonly filter: string;
  readonly by: readonly string[];
  readonly asCount: boolean;
}

export interface AlertQuery {
  readonly window: string;
  readonly queries: readonly MetricQuery[];
  readonly comparator: string;
  readonly threshold: number;
}

const METRIC = /^(sum|min|max|avg):([a-z][a-z0-9_.]*)\{([^{}]+)\}(?: by \{([a-z_]+(?:,[a-z_]+)*)\})?(\.as_count\(\))?$/;

export function parseMetricQuery(text: string): MetricQuery {
  const match = METRIC.exec(text);
  if (match === null) throw new Error(`no metric query: ${text}`);
  const [, aggregator = "", metric = "", filter = "", by = "", asCount] = match;
  checkFilter(filter);
  return { aggregator, metric, filter, by: by === "" ? [] : by.split(","), asCount: asCount !== undefined };
}

/** `sum(last_1h):A / B > 0.001` */
export function parseAlertQuery(text: string): AlertQuery {
  const match = /^(sum|min|max|avg)\((last_(?:[1-9]\d*[mhd]|1w))\):(.+) (>=|<=|>|<) (\d+(?:\.\d+)?)$/.exec(text);
  if (match === null) throw new Error(`no alert query: ${text}`);
  const [, , window = "", body = "", comparator = "", threshold = ""] = match;
  return { window, queries: body.split(" / ").map(parseMetricQuery), comparator, threshold: Number(threshold) };
}

/** `"cutover.gate".over("env:ci").exclude("target:legacy").by("target").last(2).count_by_status()` */
export function parseCheckQuery(text: string): { check: string; over: string[]; last: number } {
  const match =
    /^"([a-z0-9_.]+)"\.over\(((?:"[^"]+",?)+)\)(?:\.exclude\((?:"[^"]+",?)+\))?\.by\("[a-z]+"(?:,"[a-z]+")*\)\.last\((\d+)\)\.count_by_status\(\)$/.exec(
      text,
    );
  if (match === null) throw new Error(`no check query: ${text}`);
  return { check: match[1] ?? "", over: JSON.parse(`[${match[2]}]`), last: Number(match[3]) };
}

const TAG = /^[a-z][\p{L}\p{N}_\-./]*:[\p{L}\p{N}_\-:./*]+$/u;

/** Commas between plain tags and template variables, or words with parentheses: never both in one filter. */
function checkFilter(filter: string): void {
  if (filter === "*") return;
  if (filter.includes(",") || filter.includes("$")) {
    for (const term of filter.split(",")) {
      if (!TAG.test(term) && !/^\$[a-z]+$/.test(term)) throw new Error(`no tag: ${term} in ${filter}`);
    }
    return;
  }
  for (const term of filter.split(" AND ")) {
    const inner = /^\((.+)\)$/.exec(term)?.[1];
    for (const tag of inner === undefined ? [term.replace(/^NOT /, "")] : inner.split(" OR ")) {
      if (!TAG.test(tag)) throw new Error(`no tag: ${tag} in ${filter}`);
    }
  }
}

/** Whether a series with these tags is in the filter: a star stands for any characters. */
export function matches(filter: string, tags: Readonly<Record<string, string>>): boolean {
  if (filter === "*") return true;
  const has = (tag: string): boolean => {
    const value = tags[tag.slice(0, tag.indexOf(":"))];
    const parts = tag.slice(tag.indexOf(":") + 1).split("*");
    const source = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
    return value !== undefined && new RegExp(`^${source}$`, "s").test(value);
  };
  return filter.split(" AND ").every((term) => {
    if (term.startsWith("NOT ")) return !has(term.slice("NOT ".length));
    const inner = /^\((.+)\)$/.exec(term)?.[1];
    return inner === undefined ? has(term) : inner.split(" OR ").some(has);
  });
}
