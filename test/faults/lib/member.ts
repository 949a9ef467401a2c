/** One process of the program, and what is known of how it ended. */
import { type CliOptions, type CliResult, type RunningCli, startCli } from "../../support/cli.ts";

export class Member {
  /** Its client id: what the Kafka proxy sees it by. */
  readonly client: string;
  /** It was stopped, or its broker was away, for so long that it may have missed heartbeats. */
  mayMissHeartbeats = false;
  /** Error codes that it may end with: the faults it was given. */
  readonly mayFail: string[] = [];
  /** Exit codes beside 0 that say nothing bad. */
  readonly mayExit: number[] = [];
  readonly #running: RunningCli;
  #result: CliResult | undefined;
  readonly #sent = new Set<NodeJS.Signals>();

  constructor(client: string, args: readonly string[], options: CliOptions) {
    this.client = client;
    this.#running = startCli(args, options);
    this.#running.done.then(
      (result) => {
        this.#result = result;
      },
      () => {},
    );
  }

  signal(signal: NodeJS.Signals): void {
    if (this.hasEnded) return;
    if (signal === "SIGSTOP") this.mayMissHeartbeats = true;
    if (signal !== "SIGSTOP" && signal !== "SIGCONT") this.#sent.add(signal);
    this.#running.child.kill(signal);
  }

  async ended(): Promise<CliResult> {
    return this.#running.done;
  }

  get hasEnded(): boolean {
    const { exitCode, signalCode } = this.#running.child;
    return exitCode !== null || signalCode !== null;
  }

  get code(): number | null {
    return this.#result?.code ?? null;
  }

  get killedBy(): NodeJS.Signals | null {
    return this.#result?.signal ?? null;
  }

  get stdout(): string {
    return this.#result?.stdout ?? "";
  }

  get stderr(): string {
    return this.#result?.stderr ?? "";
  }

  get lastLines(): string {
    return `${this.stderr.split("\n").slice(-25).join("\n")}\n${this.stdout}`;
  }

  /** What is wrong with how it ended and what it said; empty when all is as documented. */
  faults(): string[] {
    const { code, killedBy, stderr, client } = this;
    const faults: string[] = [];
    const error = /"code":"([A-Z_]+)"/.exec(
      stderr.split("\n").findLast((line) => line.startsWith('{"error"')) ?? "",
    )?.[1];
    const expected = this.#expectedEnd(error);
    if (!expected) faults.push(`${client} ended with ${killedBy ?? code} ${error ?? ""}`);
    // A stack, or what the program calls a bug.
    const trace = /^\s+at .+:\d+:\d+|\\n\s+at |this is a bug|"code":"BUG"|Unhandled|UnhandledPromise/m.exec(stderr);
    if (trace)
      faults.push(`${client} printed a stack: …${stderr.slice(Math.max(0, trace.index - 300), trace.index + 300)}…`);
    const gap = stderr.split("\n").find((line) => line.includes("heartbeat gap"));
    if (gap !== undefined && !this.mayMissHeartbeats) faults.push(`${client}: ${gap}`);
    if (faults.length > 0) faults.push(`${client}, its last lines:\n${this.lastLines}`);
    return faults;
  }

  #expectedEnd(error: string | undefined): boolean {
    // Also SIGTERM and SIGINT end it at once while it starts, and once it has said its last word.
    if (this.killedBy !== null) return this.#sent.has(this.killedBy);
    if (this.code === 0 || this.mayExit.includes(this.code ?? -1)) return true;
    if (this.code === 143) return this.#sent.has("SIGTERM");
    if (this.code === 130) return this.#sent.has("SIGINT");
    return this.code === 2 && error !== undefined && this.mayFail.includes(error);
  }
}
