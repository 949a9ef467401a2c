/**
 * Second look at a run: reads the inputs of a few rows, once all is counted, and adds to the summary what they tell.
 * The reading is a list of tasks, one a capture object, with plain results; all else is pure.
 */
import type { Group, GroupExample, Summary } from "../summary.ts";
import { explain } from "./explain.ts";
import { Desk, type DeskContext } from "./inputs/desk.ts";
import { examplesToShow, neighbourLooks, readNeighbours, wantExamples } from "./inputs/examples.ts";
import { findSlices } from "./slices/find.ts";
import { planSubjects } from "./slices/plan.ts";
import type { SampledRows } from "./slices/rows.ts";
import { isWhole, type SharedSlice } from "./slices/subject.ts";
import { conditionOf, sliceSentence } from "./slices/words.ts";

/** The summary with slices, explanations, and the inputs of exemplars. What cannot be read is left out, and said. */
export async function triage(context: DeskContext, rows: SampledRows, summary: Summary): Promise<Summary> {
  const models = rows.models();
  const subjects = planSubjects(models);
  const shown = examplesToShow(summary.groups);
  const desk = new Desk(context, rows);
  const exemplars = wantExamples(desk, shown, models);
  const matches = [
    ...subjects.flatMap((subject) => subject.matches),
    ...neighbourLooks(exemplars, shown, models, subjects),
  ];
  for (const look of [...subjects.flatMap(({ mismatches }) => mismatches), ...matches]) desk.want(look);
  await desk.read();
  const slices = findSlices({ subjects, codesOf: desk.codesOf, items: desk.items, models }, summary);
  const neighbours = await readNeighbours(context, rows, { desk, shown, matches });
  const withInputs = (example: GroupExample): GroupExample => {
    const input = desk.shown.get(example.position)?.input;
    const neighbour = neighbours.get(example.position);
    return { ...example, ...(input === undefined ? {} : { input }), ...(neighbour === undefined ? {} : { neighbour }) };
  };
  const explanations = explain(summary, slices);
  const sharedBy = new Map(slices.flatMap((shared) => [...shared.groups.keys()].map((group) => [group, shared])));
  return {
    ...summary,
    groups: summary.groups.map((group) => ({
      ...withSlice(group, sharedBy.get(group)),
      examples: group.examples.map(withInputs),
    })),
    ...(explanations.length > 0 ? { explanations } : {}),
  };
}

function withSlice(group: Group, shared: SharedSlice | undefined): Group {
  const sliced = shared?.groups.get(group);
  if (shared === undefined || sliced === undefined) return group;
  const slice = sliceSentence(conditionOf(shared.terms), sliced, isWhole(group, sliced.ofMismatches));
  return { ...group, slice, sliced };
}
