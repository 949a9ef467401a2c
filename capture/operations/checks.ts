/** What `doctor` tries of capture: that the source answers and holds something, and that the settings fit. */
import { stat } from "node:fs/promises";
import type { Check, Session } from "../../src/session.ts";
import { expand } from "../files/files.ts";
import { formatBytes } from "../render.ts";
import { kafkaChecks } from "./checks-kafka.ts";
import { machineChecks, thisMachine } from "./checks-machine.ts";

/** None when no source is configured: capture is then done elsewhere. */
export function captureChecks(session: Session): Check[] {
  const { capture, sourceFault } = session.config;
  const { kafka, files } = capture.source ?? {};
  if (sourceFault) return [{ name: "capture.source", run: () => Promise.reject(sourceFault) }];
  const checks = [...(kafka ? kafkaChecks(kafka, session.log) : []), ...(files ? [filesCheck(files)] : [])];
  return checks.length === 0 ? [] : [...checks, ...machineChecks(capture, thisMachine())];
}

function filesCheck(files: readonly string[]): Check {
  return {
    name: `files ${files.join(", ")}`,
    async run() {
      const names = (await expand(files)).filter((name) => name !== "-");
      const sizes = await Promise.all(names.map(async (name) => (await stat(name)).size));
      return `${names.length} files, ${formatBytes(sizes.reduce((sum, size) => sum + size, 0))}`;
    },
  };
}
