/** Summaries for the tests of reporters: those under fixtures/summaries, and large ones made here. */
import { readdirSync, readFileSync } from "node:fs";
import type { Group, ModelSummary, Summary } from "../../../compare/summary.ts";

const FOLDER = new URL("../../../fixtures/summaries/", import.meta.url);

export const SUMMARY_NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length));

export function summaryFixture(name: string): Summary {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
}

/** Path of the text that a terminal shows for a fixture. */
export function goldenPath(name: string, columns: number): string {
  return new URL(`${name}.${columns}.txt`, FOLDER).pathname;
}

/** A fleet: `models` models of which every third passes, the others with `groups` groups of 5 examples each. */
export function fleet(models: number, groups: number, value = (seed: number) => String(Math.sin(seed))): Summary {
  const base = summaryFixture("fail");
  const failing = base.models["moderation/en"] as ModelSummary;
  const passing = base.models["moderation/de"] as ModelSummary;
  const names = Array.from({ length: models }, (_, i) => `client-${String(i).padStart(3, "0")}/model`);
  const group = (model: string, m: number, g: number): Group => {
    const examples = Array.from({ length: 5 }, (_, e) => {
      const seed = (m * groups + g) * 5 + e;
      const [legacy, candidate] = [value(seed), value(seed + 0.5)];
      return {
        position: `inference@0a1b2c3d/${g % 6}/${seed}`,
        id: `request-${seed}`,
        path: `$.field${g}`,
        legacy,
        candidate,
      };
    });
    return {
      ...(base.groups[0] as Group),
      fingerprint: `2:${String(m * groups + g).padStart(12, "0")}`,
      model,
      path: `$.field${g}`,
      count: 1 + ((m * 7919 + g * 104729) % 500),
      exemplars: examples.map(({ position }) => position),
      examples,
    };
  };
  return {
    ...base,
    models: Object.fromEntries(names.map((name, i) => [name, i % 3 === 0 ? passing : failing])),
    ready: names.filter((_, i) => i % 3 === 0),
    groups: names.flatMap((name, m) =>
      m % 3 === 0 && groups < 50 ? [] : Array.from({ length: groups }, (_, g) => group(name, m, g)),
    ),
  };
}
