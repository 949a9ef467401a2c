import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Prerequisite } from "./types.ts";

interface Tool {
  readonly wanted: string;
  readonly args: readonly string[];
  /** What stands in the way, or undefined when it will do. */
  fault(output: string): string | undefined;
  readonly debian: string;
  readonly macos: string;
}

const TOOLS: Readonly<Record<Prerequisite, Tool>> = {
  java: {
    wanted: "Java 17 or newer (runs Kafka)",
    args: ["-version"],
    fault: (output) => tooOld(output, /version "(\d+)(?:\.(\d+))?/, [17, 0]),
    debian: "apt-get install openjdk-17-jre-headless",
    macos: "brew install openjdk@17",
  },
  mvn: {
    wanted: "Maven 3.6 or newer (fetches Kafka)",
    args: ["-B", "-v"],
    fault: (output) => tooOld(output, /Apache Maven (\d+)\.(\d+)/, [3, 6]),
    debian: "apt-get install maven",
    macos: "brew install maven",
  },
  go: {
    wanted: "Go 1.25 or newer, or 1.21 when GOTOOLCHAIN is not local (builds the S3 server and the DogStatsD receiver)",
    args: ["env", "GOVERSION", "GOTOOLCHAIN"],
    fault: (output) => tooOld(output, /go(\d+)\.(\d+)/, /\nlocal\s*$/.test(output) ? [1, 25] : [1, 21]),
    debian: "apt-get install golang (Debian 13 with backports has a new enough one; else the archive from go.dev)",
    macos: "brew install go",
  },
};

/** What is missing of `names`, a line each that says what, why and how to install it; empty when all are there. */
export async function missing(names: readonly Prerequisite[], env: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  const lines: string[] = [];
  for (const name of new Set(names)) {
    const tool = TOOLS[name];
    const fault = await check(name, tool, env);
    if (fault === undefined) continue;
    lines.push(`${name}: ${tool.wanted}: ${fault}\n  Debian: ${tool.debian}\n  macOS:  ${tool.macos}`);
  }
  return lines;
}

async function check(name: string, tool: Tool, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(name, [...tool.args], { env, timeout: 20_000 });
    return tool.fault(stdout + stderr);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? "not on the PATH" : message.trim();
  }
}

function tooOld(output: string, pattern: RegExp, [major, minor]: readonly [number, number]): string | undefined {
  const found = pattern.exec(output);
  if (found === null) return `its version is not to be read from "${output.trim().split("\n")[0]}"`;
  const [gotMajor, gotMinor] = [Number(found[1]), Number(found[2] ?? 0)];
  if (gotMajor > major || (gotMajor === major && gotMinor >= minor)) return undefined;
  return `found ${gotMajor}.${gotMinor}`;
}
