/** Two runs side by side, for a terminal. */
import { printable } from "../../src/inert.ts";
import type { Given } from "../../src/shell.ts";
import { commandLine } from "../report/command-line.ts";
import { count, plural, words } from "../report/figures.ts";
import { table } from "../report/table.ts";
import { clip, visible } from "../report/text.ts";
import { CHANGES, type Versus } from "./versus.ts";

const SHOWN = 20;

export function renderVersus(versus: Versus, columns: number, given?: Given): string {
  const { run, against, pairs, groups, groupsCut } = versus;
  const changes = CHANGES.filter((change) => change !== "unknown" || pairs.unknown > 0);
  const head = `against ${visible(against)}: ${changes.map((change) => `${count(pairs[change])} ${change}`).join(" · ")}`;
  const flaky = groups.filter(({ status }) => status === "flaky").length;
  const rows = groups
    .slice(0, SHOWN)
    .map((group) => [
      group.status,
      ...CHANGES.map((change) => (group[change] === 0 ? "" : count(group[change]))),
      clip(visible(group.model), 28),
      clip(visible(group.path), 32),
      words(group.kind),
      group.fingerprint,
    ]);
  const titles = ["", ...CHANGES, "model", "field", "difference", "fingerprint"];
  const shape = titles.map((title, i) => ({
    title,
    align: i >= 1 && i <= CHANGES.length ? ("right" as const) : ("left" as const),
    drop: title === "fingerprint" ? 3 : title === "unknown" ? 2 : title === "model" ? 1 : 0,
  }));
  const hidden = groups.length - SHOWN + groupsCut;
  const flags = { "--run": run, "--against": against, "--open": true } as const;
  return printable(
    `${[
      `${head}${flaky > 0 ? ` · ${plural(flaky, "difference")} that ${flaky === 1 ? "comes and goes" : "come and go"}` : ""}`,
      ...(rows.length > 0
        ? table(shape, rows, columns)
        : [`no record differs in ${visible(run)} or ${visible(against)}`]),
      ...(hidden > 0 ? [`… and ${plural(hidden, "more difference")} (--json)`] : []),
      ...(groups.length > 0 ? [`on each difference: ${commandLine("report", { flags, given })}`] : []),
    ].join("\n")}\n`,
  );
}
