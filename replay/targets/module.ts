/**
 * Module target: the default export of a JavaScript module answers, in a thread of its own.
 * `(request) => bytes or text`, or `{ output: bytes or text, status?, contentType? }`, or a promise of one. What it
 * throws is a fault of the model; a request that takes longer than `timeout` is given up through `request.signal`.
 */
import { pathToFileURL } from "node:url";
import { CutoverError } from "../../src/errors.ts";
import { inForm, isStatus, replyOf } from "./model-answer.ts";
import { startThread, type Told } from "./module-thread.ts";
import { besideConfig, type ModuleTargetSettings } from "./open.ts";
import { failure, type Reply, type Target } from "./target.ts";

export function moduleTarget(name: string, settings: ModuleTargetSettings): Target {
  const file = besideConfig(settings, settings.module.path);
  const thread = startThread(pathToFileURL(file), settings.timeout);
  return {
    name,
    kind: "module",
    endpoint: (model) => ({ key: `${settings.module.path} ${model}`, address: model }),
    async send(request) {
      const { id, model, contentType, accept, body } = inForm(request, settings.module);
      const { told, cold } = await thread.ask({ id, model, contentType, accept, input: body });
      if (told.kind === "unusable") throw unusable(name, file, told.detail);
      return judge(told, settings, cold);
    },
    close: thread.close,
  };
}

/** Loads the module and lets it go again, for `cutover doctor`. */
export async function checkModule(name: string, settings: ModuleTargetSettings): Promise<string> {
  const file = besideConfig(settings, settings.module.path);
  const thread = startThread(pathToFileURL(file), settings.timeout);
  try {
    const fault = await thread.load();
    if (fault?.kind === "unusable") throw unusable(name, file, fault.detail);
    return `${file} exports a function`;
  } finally {
    await thread.close();
  }
}

function unusable(name: string, file: string, received: string): CutoverError {
  return new CutoverError("TARGET_UNUSABLE", "the module of the target cannot be used", {
    place: `targets.${name}.module.path`,
    expected: `${file} with a function as its default export`,
    received,
  });
}

function judge(
  told: Exclude<Told, { kind: "unusable" }>,
  { timeout, maxResponse }: ModuleTargetSettings,
  cold: boolean,
): Reply {
  switch (told.kind) {
    case "answer": {
      const { status = 200, type = "application/json", body } = told;
      if (!isStatus(status)) return bad(`status ${String(status)}, no whole number from 100 to 599`, cold);
      if (typeof type !== "string" || type === "") return bad("a contentType that is no text", cold);
      return replyOf({ status, type, body }, maxResponse, cold);
    }
    case "no_answer":
      return bad(`${told.received}; expected bytes or text, or an object with output`, cold);
    case "threw": {
      const body = new TextEncoder().encode(told.message);
      const detail = `${told.name}: ${told.message}`;
      return { ...failure("model_fault", "module_threw", detail, { status: 500, body, type: "text/plain" }), cold };
    }
    case "timeout":
      return { ...failure("timeout", "timeout", `no answer within ${timeout} ms`), cold };
    case "ended":
      return { ...failure("connection", "thread_ended", told.detail), cold };
  }
}

function bad(received: string, cold: boolean): Reply {
  return { ...failure("bad_response", "no_answer", received), cold };
}
