/** Every kind of fault, and how often the soak takes it. */
import { answers, lies } from "./answers.ts";
import { broker, cut } from "./broker.ts";
import { churn } from "./churn.ts";
import { clock } from "./clock.ts";
import { commits } from "./commits.ts";
import { disk } from "./disk.ts";
import { kill } from "./kill.ts";
import type { Kind } from "./kind.ts";
import { moments } from "./moments.ts";
import { offsets } from "./offsets.ts";
import { storm } from "./storm.ts";
import { toxics } from "./toxics.ts";
import { twins } from "./twins.ts";
import { zombie } from "./zombie.ts";

/** A kind's share is its weight; the restart of a broker takes longest. */
export const KINDS: readonly { readonly kind: Kind; readonly weight: number }[] = [
  { kind: kill, weight: 3 },
  { kind: moments, weight: 3 },
  { kind: zombie, weight: 3 },
  { kind: twins, weight: 2 },
  { kind: churn, weight: 2 },
  { kind: cut, weight: 1 },
  { kind: broker, weight: 1 },
  { kind: toxics, weight: 2 },
  { kind: answers, weight: 2 },
  { kind: lies, weight: 1 },
  { kind: disk, weight: 1 },
  { kind: clock, weight: 2 },
  { kind: offsets, weight: 2 },
  { kind: commits, weight: 1 },
  { kind: storm, weight: 2 },
];
