/** What `doctor` tries of capture: that the source answers and holds something. */
import { stat } from "node:fs/promises";
import type { Check, Session } from "../src/session.ts";
import { expand } from "./files.ts";
import { connectKafka } from "./kafka.ts";
import { checkTopics } from "./kafka-source.ts";
import { formatBytes, formatCount } from "./render.ts";

/** None when no source is configured: capture is then done elsewhere. */
export function captureChecks(session: Session): Check[] {
  const { kafka, files } = session.config.capture.source ?? {};
  const checks: Check[] = [];
  if (kafka) {
    checks.push({
      name: `kafka ${kafka.brokers.join(", ")}`,
      async run() {
        if (session.config.sourceFault) throw session.config.sourceFault;
        const client = await connectKafka(kafka, session.log);
        try {
          await checkTopics(client, kafka);
          const bounds = await Promise.all(kafka.topics.map((topic) => client.bounds(topic)));
          const messages = bounds
            .flatMap((b) => [...b.values()])
            .reduce((sum, { low, high }) => sum + Number(high - low), 0);
          return `${kafka.topics.join(", ")}: ${formatCount(messages)} messages`;
        } finally {
          await client.close();
        }
      },
    });
  }
  if (files) {
    checks.push({
      name: `files ${files.join(", ")}`,
      async run() {
        const names = (await expand(files)).filter((name) => name !== "-");
        const sizes = await Promise.all(names.map(async (name) => (await stat(name)).size));
        return `${names.length} files, ${formatBytes(sizes.reduce((sum, size) => sum + size, 0))}`;
      },
    });
  }
  return checks;
}
