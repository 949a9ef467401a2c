/** The command line of the benches. */
import { parseArgs } from "node:util";
import type { BenchOptions } from "./stage.ts";

/** Records of a run at full size. */
const RECORDS = { capture: 1_000_000, replay: 200_000, compare: 1_000_000 } as const;
const QUICK_RECORDS = 5_000;
const ROUNDS = 5;
const ONLY = ["speed", "memory"] as const;

export const USAGE = `usage: npm run bench -- capture|replay|compare [--json] [--quick] [--rounds N] [--records N] [--peers A,B]
  --quick               a small size that shows that it runs, never a figure
  --peers A,B           only these peers
  --only speed|memory   only the race, or only the peaks of memory (compare: to ten times the records)
  --profile DIR         our process leaves CPU profiles in DIR`;

export type StageName = keyof typeof RECORDS;

export interface BenchArguments {
  readonly stage: StageName;
  readonly json: boolean;
  readonly options: Omit<BenchOptions, "signal" | "progress">;
}

/** A string says what is wrong with them. */
export function parseBenchArguments(args: readonly string[]): BenchArguments | string {
  try {
    return read(args);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return error.message;
    throw error;
  }
}

function read(args: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      records: { type: "string" },
      peers: { type: "string" },
      only: { type: "string" },
      profile: { type: "string" },
    },
  });
  const { json, quick, rounds, records, peers, only, profile } = values;
  const [name, ...more] = positionals;
  const stage = oneOf("a stage", Object.keys(RECORDS) as StageName[], name ?? "none");
  if (more.length > 0) throw new RangeError(`one stage at a time, not also ${more.join(", ")}`);
  const size = quick ? Math.min(RECORDS[stage], QUICK_RECORDS) : RECORDS[stage];
  return {
    stage,
    json,
    options: {
      quick,
      rounds: count("--rounds", rounds, quick ? 1 : ROUNDS),
      records: count("--records", records, size),
      ...(peers === undefined ? {} : { peers: peers.split(",") }),
      ...(only === undefined ? {} : { only: oneOf("--only", ONLY, only) }),
      ...(profile === undefined ? {} : { profile }),
    },
  };
}

function oneOf<Name extends string>(what: string, names: readonly Name[], given: string): Name {
  const found = names.find((name) => name === given);
  if (found === undefined) throw new RangeError(`${what} is one of ${names.join(", ")}, not ${given}`);
  return found;
}

function count(what: string, given: string | undefined, otherwise: number): number {
  const value = given === undefined ? otherwise : Number(given);
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${what} is a number from 1 on, not ${given}`);
  return value;
}
