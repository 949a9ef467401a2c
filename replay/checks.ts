/** `cutover doctor`: does each target answer. */
import { access, constants } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { CutoverError, messageOf } from "../src/errors.ts";
import type { Check, Session } from "../src/session.ts";
import { expandHeaders, type HttpSettings, httpEndpoints } from "./targets/endpoint.ts";
import { besideConfig, type CommandTargetSettings, type ModuleTargetSettings, targetSettings } from "./targets/open.ts";

export function replayChecks(session: Session): Check[] {
  return Object.keys(session.config.targets).map((name) => ({
    name: `target ${name}`,
    async run(signal) {
      const settings = targetSettings(session.config, name);
      if ("sagemaker" in settings && settings.sagemaker) {
        const { checkCredentials } = await import("./targets/sagemaker.ts");
        return checkCredentials(name, { ...settings, sagemaker: settings.sagemaker });
      }
      if (settings.command) return checkCommand(name, settings as CommandTargetSettings);
      if (settings.module) {
        const { checkModule } = await import("./targets/module.ts");
        return checkModule(name, settings as ModuleTargetSettings);
      }
      return checkHttp(name, settings.http as HttpSettings, signal);
    },
  }));
}

/** A TCP connection: `/ping` of a model needs a model's name, and a gateway may not have it. */
async function checkHttp(name: string, settings: HttpSettings, signal: AbortSignal): Promise<string> {
  expandHeaders(name, settings.headers, process.env);
  const { origin } = httpEndpoints(name, settings);
  const { hostname, port, protocol } = new URL(origin);
  const number = port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
  try {
    await reach(hostname.replace(/^\[|\]$/g, ""), number, signal);
  } catch (cause) {
    throw new CutoverError("TARGET_UNUSABLE", `target ${name} does not answer`, {
      place: `targets.${name}.http.url`,
      received: messageOf(cause),
      hint: `start the model behind ${origin}, or correct the url`,
    });
  }
  return `${origin} takes connections`;
}

/** The program is there: it is not started, as it would want a model's name. */
async function checkCommand(name: string, settings: CommandTargetSettings): Promise<string> {
  const [program = ""] = settings.command.run;
  const folders = program.includes("/") ? [""] : (process.env.PATH ?? "").split(path.delimiter);
  for (const folder of folders) {
    const file = path.resolve(besideConfig(settings, settings.command.cwd), folder, program);
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return `${file} can be run`;
  }
  throw new CutoverError("TARGET_UNUSABLE", `the program of target ${name} cannot be run`, {
    place: `targets.${name}.command.run`,
    received: program,
    hint: program.includes("/")
      ? "correct its path, or make it executable"
      : "install it, or put its folder on the PATH",
  });
}

const REACH_TIMEOUT_MS = 5_000;

function reach(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.setTimeout(REACH_TIMEOUT_MS, () => socket.destroy(new Error(`no connection within ${REACH_TIMEOUT_MS} ms`)));
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}
