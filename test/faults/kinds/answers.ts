/** S3 answers with errors, loses answers and cuts them, each to each call in turn: the first, the second, the third … */
import { EXIT } from "../../../src/errors.ts";
import type { Member } from "../lib/member.ts";
import type { S3Act, S3Op } from "../lib/s3-proxy.ts";
import type { Trial } from "../lib/trial.ts";
import { isCapture, type Kind } from "./kind.ts";

const STATUSES = [500, 503, 429, 409] as const;
const PASSING: readonly S3Act[] = [
  ...STATUSES.map((status) => ({ do: "answer", status }) as const),
  { do: "reset" },
  { do: "lose" },
];
const CUT: readonly S3Act[] = [...PASSING, { do: "truncate" }];
/** Rounds in which every act is done to every call. */
const ROUNDS = 3;
/** The check before any work tries three times. */
const IN_A_ROW_MAX = 2;

/** Faults that pass: the program must not end of any of them. */
export const answers: Kind = {
  name: "answers",
  async run(trial) {
    const { random } = trial;
    const script = new Map<string, S3Act>();
    for (const op of ["put", "get", "head", "list"] as const) {
      const acts = op === "get" || op === "list" ? CUT : PASSING;
      const deck = Array.from({ length: ROUNDS }, () => random.shuffle(acts)).flat();
      deck.forEach((act, i) => {
        script.set(`${op} ${1 + i + Math.floor(i / IN_A_ROW_MAX)}`, act);
      });
    }
    trial.world.s3Proxy.script = ({ op, nth }) => {
      const act = script.get(`${op} ${nth}`);
      if (act !== undefined) trial.count(`S3 ${op} ${act.do === "answer" ? act.status : act.do}`);
      return act;
    };
    for (let left = 3; left > 0; left--) {
      const member = await trial.start({ until: "end" });
      await member.ended();
      await trial.topic.fill(random.int(100, 300));
      // Reads many footers, and so meets the faults of reading.
      const audit = await trial.start({ command: ["captures", "--audit"] });
      await audit.ended();
    }
  },
};

/**
 * 412 where nothing is: a lie that no honest server tells. The program may end with an error, and must then
 * go on where it was; it may not believe that the object is there.
 */
export const lies: Kind = {
  name: "lies",
  async run(trial) {
    const { random } = trial;
    for (const op of ["put", "get", "list", "head"] as const)
      await lieOnce(trial, op, random.int(1, op === "put" ? 12 : 3));
  },
};

export async function lieOnce(trial: Trial, op: S3Op, nth: number): Promise<Member> {
  const { world } = trial;
  let left = nth;
  world.s3Proxy.script = (call) => {
    if (call.op !== op || (op === "put" && !isCapture(call.key)) || --left !== 0) return undefined;
    trial.count(`S3 ${op} 412`);
    return { do: "answer", status: 412 };
  };
  // A capture of a new topic reads no object; an audit does. When the lie before was told to the first put of all, there
  // is nothing to audit, and nothing is not green.
  const command =
    op === "get" || op === "head"
      ? { command: ["captures", "--audit"], mayExit: [EXIT.nothing] }
      : { until: "end" as const };
  const member = await trial.start({ ...command, mayFail: ["STORE_MISSING", "STORE_EXISTS"] });
  await member.ended();
  world.s3Proxy.script = () => undefined;
  await trial.topic.fill(trial.random.int(50, 300));
  return member;
}
