/** What the schema alone cannot say of a parity rule, each over the raw value. */
import { type Fault, show } from "./faults.ts";
import { type Check, entries, isMap, list, type RawMap } from "./raw.ts";

export const RULE_CHECKS: readonly Check[] = [
  rulePath,
  maskPath,
  placePaths,
  decisionThresholds,
  listKey,
  replacePattern,
  topkOverlap,
  vectorLimit,
  timeUnit,
];

function rulePath(config: RawMap): Fault[] {
  return rules(config).flatMap(([path, { path: written }]) =>
    typeof written !== "string" || written === "" || /^\$($|[.[])/.test(written)
      ? []
      : [{ path: [...path, "path"], expected: "a path such as $.score or $.codes[*].name", received: show(written) }],
  );
}

function maskPath(config: RawMap): Fault[] {
  return entries(config.models).flatMap(([pattern, settings]) =>
    list(settings.mask).flatMap((written, index): Fault[] =>
      typeof written !== "string" || written === "" || /^\$($|[.[])/.test(written)
        ? []
        : [
            {
              path: ["models", pattern, "mask", index],
              expected: "a path such as $.user.email or $..text",
              received: show(written),
            },
          ],
    ),
  );
}

function decisionThresholds(config: RawMap): Fault[] {
  return rules(config, "decision").flatMap(([path, { threshold, thresholds }]): Fault[] => {
    if ((threshold === undefined) === (thresholds === undefined)) {
      const received = threshold === undefined ? "neither" : "both";
      return [
        { path, problem: "a decision needs its threshold", expected: "exactly one of threshold, thresholds", received },
      ];
    }
    const values = list(thresholds);
    const ascending = values.every((value, i) => i === 0 || Number(value) > Number(values[i - 1]));
    if (ascending) return [];
    return [
      {
        path: [...path, "thresholds"],
        expected: "numbers, each greater than the one before",
        received: show(thresholds),
      },
    ];
  });
}

function listKey(config: RawMap): Fault[] {
  return rules(config, "list").flatMap(([path, { mode, key }]): Fault[] => {
    if (mode === "keyed" && key === undefined) {
      return [
        { path, problem: "a keyed list needs its key", expected: "key: $.id, the path of the key in an element" },
      ];
    }
    if (mode === "keyed" || key === undefined) return [];
    return [
      {
        path: [...path, "key"],
        problem: "only a keyed list has a key",
        expected: "mode: keyed, or no key",
        received: show(key),
      },
    ];
  });
}

function replacePattern(config: RawMap): Fault[] {
  return rules(config, "string").flatMap(([path, { replace }]) =>
    list(replace).flatMap((entry, index): Fault[] => {
      const pattern = isMap(entry) ? entry.pattern : undefined;
      if (typeof pattern !== "string") return [];
      try {
        new RegExp(pattern, "gu");
        return [];
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        return [
          {
            path: [...path, "replace", index, "pattern"],
            problem,
            expected: "a JavaScript regular expression (flag u)",
            received: show(pattern),
          },
        ];
      }
    }),
  );
}

/** Paths to one value: of what they are taken, they begin with `$` or a bare name. */
function placePaths(config: RawMap): Fault[] {
  return rules(config).flatMap(([path, rule]) =>
    ["id", "by", "key", "class"].flatMap((name): Fault[] => {
      const written = rule[name];
      if (typeof written !== "string" || !/\[\*\]|\.\./.test(written)) return [];
      return [{ path: [...path, name], expected: "a path to one value, such as $.id", received: show(written) }];
    }),
  );
}

function topkOverlap(config: RawMap): Fault[] {
  return rules(config, "topk").flatMap(([path, { k, overlap }]): Fault[] => {
    if (typeof k !== "number" || typeof overlap !== "number" || overlap <= k) return [];
    return [{ path: [...path, "overlap"], expected: `at most k, which is ${k}`, received: show(overlap) }];
  });
}

function vectorLimit(config: RawMap): Fault[] {
  return rules(config, "vector").flatMap(([path, { method, limit, q }]): Fault[] => {
    const faults: Fault[] = [];
    if (method === "quantile" && q === undefined) {
      faults.push({ path, problem: "a quantile needs its q", expected: "q: 0.99, from 0 to 1" });
    }
    if (method !== "quantile" && q !== undefined) {
      const problem = "only method quantile has a q";
      faults.push({ path: [...path, "q"], problem, expected: "method: quantile, or no q", received: show(q) });
    }
    const [least, most] = method === "cosine" ? [-1, 1] : [0, Number.POSITIVE_INFINITY];
    if (typeof limit === "number" && !(limit >= least && limit <= most)) {
      const expected = method === "cosine" ? "a cosine from -1 to 1" : "a number ≥ 0";
      faults.push({ path: [...path, "limit"], expected, received: show(limit) });
    }
    return faults;
  });
}

function timeUnit(config: RawMap): Fault[] {
  return rules(config, "time").flatMap(([path, { unit, coerce }]): Fault[] => {
    if (coerce !== true || unit !== undefined) return [];
    return [{ path, problem: "coerce reads epoch times, and needs their unit", expected: "unit: s, ms or us" }];
  });
}

/** Every rule that is a map, of one type when named, with its path. */
function rules(config: RawMap, type?: string): [(string | number)[], RawMap][] {
  return entries(config.models).flatMap(([pattern, settings]) =>
    list(settings.rules).flatMap((rule, index): [(string | number)[], RawMap][] =>
      isMap(rule) && (type === undefined || rule.type === type) ? [[["models", pattern, "rules", index], rule]] : [],
    ),
  );
}
