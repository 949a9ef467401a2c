/** Command target: a long-lived program per model, so that a model in any language takes part. Protocol: command-lines.ts. */
import { CutoverError } from "../../src/errors.ts";
import { readAnswer, requestLine } from "./command-lines.ts";
import { createPool, type Taken } from "./command-pool.ts";
import { excerpt, startProgram, type Told } from "./command-program.ts";
import { inForm, replyOf } from "./model-answer.ts";
import { besideConfig, type CommandTargetSettings } from "./open.ts";
import { type Endpoint, failure, type Reply, type Target, type TargetRequest } from "./target.ts";

const MODEL = "{model}";
/** A line may hold an answer of maxResponse in base64 or with escapes, and what stands around it. */
const LINE_OVERHEAD_BYTES = 65_536;

export function commandTarget(
  name: string,
  settings: CommandTargetSettings,
  env: Readonly<Record<string, string | undefined>>,
): Target {
  const { command, timeout, maxResponse } = settings;
  const maxLineBytes = 2 * maxResponse + LINE_OVERHEAD_BYTES;
  const pool = createPool(command.processes.total, (run) =>
    startProgram({ run, cwd: besideConfig(settings, command.cwd), env, maxLineBytes }),
  );
  return {
    name,
    kind: "command",
    endpoint: (model) => commandEndpoint(name, command.run, model),
    async send(request) {
      const run = JSON.parse(request.endpoint.address) as string[];
      const taken = await pool.take(request.endpoint.key, run);
      return ask(taken, request);
    },
    close: pool.close,
  };

  async function ask(taken: Taken, request: TargetRequest): Promise<Reply> {
    const told = await taken.program.ask(requestLine(taken.n, inForm(request, command)), timeout);
    const reply =
      told.kind === "line" ? judge(told.line, taken) : { ...failureOf(told, maxLineBytes), cold: taken.cold };
    pool.give(taken, reply.errorClass !== "bad_line" && told.kind === "line");
    return reply;
  }

  function judge(line: Buffer, { n, cold, program }: Taken): Reply {
    const answer = readAnswer(line, n);
    if (typeof answer !== "string") return replyOf(answer, maxResponse, cold);
    // Its lines and our requests may be out of step: nothing more is asked of it.
    program.kill();
    const detail = `a line that is no answer (${answer}; logs belong on stderr): ${excerpt(line)}`;
    return { ...failure("bad_response", "bad_line", detail), cold };
  }
}

function failureOf(told: Exclude<Told, { kind: "line" }>, maxLineBytes: number): Reply {
  switch (told.kind) {
    case "timeout":
      return failure("timeout", "timeout", told.detail);
    case "too_long":
      return failure("too_large", "response_too_large", `a line of more than ${maxLineBytes} bytes`);
    case "died":
      return failure("connection", told.errorClass, told.detail);
    case "unstartable":
      // Too many processes or files pass; a program that is not there does not.
      return failure(PASSING.has(told.errorClass) ? "refused" : "missing", told.errorClass, told.detail);
  }
}

const PASSING = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOMEM", "ETXTBSY"]);

/** Pure. Without `{model}` all models share one endpoint, and one program. */
export function commandEndpoint(name: string, template: readonly string[], model: string): Endpoint {
  const run = template.map((part) => part.replaceAll(MODEL, model));
  const bad = run.find((part, i) => /^[-/]/.test(part) && part[0] !== template[i]?.[0]);
  if (bad !== undefined) {
    throw new CutoverError("TARGET_UNUSABLE", `model ${model} would be read as an option or as an absolute path`, {
      place: `targets.${name}.command.run`,
      received: bad,
      hint: "put something before {model}, such as ./models/{model} or --model={model}",
    });
  }
  return { key: run.join(" "), address: JSON.stringify(run) };
}
