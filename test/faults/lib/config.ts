/** How a member is started, and the config that it is given: small ranges, so that a run makes many objects. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SAMPLED_OUT } from "./content.ts";
import type { Trial } from "./trial.ts";

export interface MemberOptions {
  /** Another command than `capture`. */
  readonly command?: readonly string[];
  /** When it ends by itself; follows the topic when absent. */
  readonly until?: "end";
  readonly group?: string;
  /** Records of a range; decided by the seed when absent. */
  readonly records?: number;
  /** Straight to store and broker, not through the proxies. */
  readonly direct?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Largest file it may write. */
  readonly fileKib?: number;
  /** Exit codes beside 0 that say nothing bad here. */
  readonly mayExit?: readonly number[];
  /** Error codes that the faults may make it end with, exit code 2. */
  readonly mayFail?: readonly string[];
}

/** Writes a config of its own for a client; what the options leave open the seed decides. */
export async function writeConfig(
  { world, random, topic, localStore, name, folder }: Trial,
  client: string,
  group: string,
  options: Pick<MemberOptions, "direct" | "records">,
): Promise<string> {
  const kafka = {
    brokers: [options.direct ? world.broker : world.proxiedBroker],
    topics: [topic.name],
    group,
    clientId: client,
  };
  const rotate = {
    records: options.records ?? random.int(20, 150),
    bytes: random.pick(["64KiB", "1MiB"]),
    interval: "2s",
  };
  const settings = {
    store: localStore ?? `s3://${world.bucket}/${name}`,
    s3: { endpoint: options.direct ? world.s3 : world.proxiedS3, region: "us-east-1", forcePathStyle: true },
    capture: {
      source: { kafka },
      rotate,
      sample: [{ models: SAMPLED_OUT, rate: 0 }],
      maxRejectRate: 1,
      memory: random.pick(["128MiB", "512MiB"]),
    },
  };
  const path = join(folder, `${client}.yaml`);
  await writeFile(path, JSON.stringify(settings));
  return path;
}
