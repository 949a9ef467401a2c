/** The words of the demo: which planted defect stands in which group, and what to try next. */
import { shellWord } from "../src/shell.ts";

/** What the demo reads of a comparison's summary. */
export interface DemoSummary {
  readonly run: string;
  readonly rules: string;
  readonly verdict: string;
  readonly groups: readonly DemoGroup[];
}

export interface DemoGroup {
  readonly fingerprint: string;
  readonly path: string;
  readonly kind: string;
  readonly direction: string;
  readonly magnitude: string;
  readonly count: number;
}

interface Defect {
  readonly name: string;
  /** The group in which it shows most plainly. */
  readonly shows: (group: DemoGroup) => boolean;
}

/** What was planted in the port, from `demo/model.ts`. */
const DEFECTS: readonly Defect[] = [
  {
    name: "long reviews are scored in float32",
    shows: ({ path, kind, magnitude }) => path === "$.score" && kind === "value" && magnitude === "rounding",
  },
  {
    name: "the tokenizer drops letters outside ASCII",
    shows: ({ path, kind, magnitude }) => path === "$.score" && kind === "value" && magnitude !== "rounding",
  },
  {
    name: "`>` for `>=` at the review threshold",
    shows: ({ path, kind, direction }) => path === "$.label" && kind === "label_flip" && direction.startsWith("review"),
  },
  {
    name: "reasons come out of a set, unordered",
    shows: ({ path, kind }) => path.startsWith("$.reasons") && kind === "order",
  },
];

export function showDefects({ groups }: DemoSummary): string {
  const lines = DEFECTS.map(({ name, shows }) => {
    const group = groups.find(shows);
    const place = group ? `${describe(group)}, ${group.count} pairs, group ${group.fingerprint}` : "not found";
    return `  ${name.padEnd(42)} ${place}`;
  });
  return `\nPlanted in the port, and found:\n${lines.join("\n")}\n`;
}

function describe({ path, kind, direction, magnitude }: DemoGroup): string {
  return [path, kind, direction, magnitude].filter((part) => part !== "none" && part !== "~").join(" ");
}

export interface NextSteps {
  /** How this program was called: `cutover`, or `npm run -s cutover --` from a checkout. */
  readonly program: string;
  readonly configFile: string;
  readonly report: string;
  readonly run: string;
  readonly fixed: boolean;
}

/** Commands as they can be pasted, from the folder in which the demo was called. */
export function showNext({ program, configFile, report, run, fixed }: NextSteps): string {
  const config = `--config ${shellWord(configFile)}`;
  const commands = [
    [`${program} gate --run ${run} ${config}`, "the verdict as an exit code, for CI"],
    [`${program} export ${run} --format csv ${config}`, "every finding, one a line"],
    fixed
      ? [`${program} captures --audit ${config}`, "proof that every message was captured exactly once"]
      : [`${program} demo --fixed`, "the mended port: PASS"],
  ] as const;
  const lines = commands.map(([command, what]) => `  ${command}\n      ${what}`);
  return `\nReport: ${report}\n\nTry next:\n${lines.join("\n")}\n`;
}
