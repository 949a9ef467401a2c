/** `cutover doctor`: does each target answer. */
import { connect } from "node:net";
import { CutoverError, messageOf } from "../src/errors.ts";
import type { Check, Session } from "../src/session.ts";
import { expandHeaders, type HttpSettings, httpEndpoints } from "./targets/endpoint.ts";
import { targetSettings } from "./targets/open.ts";

export function replayChecks(session: Session): Check[] {
  return Object.keys(session.config.targets).map((name) => ({
    name: `target ${name}`,
    async run(signal) {
      const settings = targetSettings(session.config, name);
      if ("sagemaker" in settings && settings.sagemaker) {
        const { checkCredentials } = await import("./targets/sagemaker.ts");
        return checkCredentials(name, { ...settings, sagemaker: settings.sagemaker });
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
