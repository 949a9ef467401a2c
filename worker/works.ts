/** Work of several kinds as one: each batch goes to the work of its kind. */
import type { Work, WorkKind } from "../src/queue/work.ts";

export function combineWorks(works: Readonly<Record<WorkKind, Work>>): Work {
  const all = Object.values(works);
  return {
    requestMs: Math.max(...all.map(({ requestMs }) => requestMs)),
    run: (batch) => works[batch.kind].run(batch),
    async close() {
      await Promise.all(all.map((work) => work.close()));
    },
  };
}
