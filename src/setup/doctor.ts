/** `cutover doctor`: each thing outside is asked once, and what does not answer comes with how to mend it. */
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import type { Config } from "../config/schema.ts";
import { CutoverError, EXIT, isCutoverError, messageOf } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import type { Check, Session } from "../session.ts";
import { storeChecks } from "./doctor-store.ts";

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** How to mend it; with every check that failed. */
  readonly hint?: string;
}

/** Store and DogStatsD are checked here, source and targets by the stages (`more`); exits 2 when any fails. */
export async function doctor(session: Session, more: readonly Check[]): Promise<number> {
  const checks = [...storeChecks(session), ...more, ...dogstatsdChecks(session.config)];
  const outcomes = await Promise.all(checks.map((check) => runCheck(check, session.signal)));
  session.signal.throwIfAborted();
  const { json, color } = session.flags;
  const ok = outcomes.every((outcome) => outcome.ok);
  const text = json
    ? JSON.stringify({ ok, checks: outcomes })
    : outcomes.map((outcome) => outcomeLine(outcome, color)).join("\n");
  await session.streams.stdout.write(`${text}\n`);
  return ok ? EXIT.pass : EXIT.usage;
}

/** For what the check itself knows no better: a limit that ran out, an error that nobody foresaw. */
const GENERAL_HINT = "see that its address is right and that this machine reaches it (network, firewall, load)";

/** A check that hangs counts as failed; the others do not wait for it longer than the limit. */
async function runCheck(check: Check, signal: AbortSignal): Promise<Outcome> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.doctorCheckMs)]);
  const timedOut = new Promise<never>((_, reject) => {
    limit.addEventListener("abort", () => reject(new Error(`no answer within ${LIMITS.doctorCheckMs / 1000} s`)), {
      once: true,
    });
  });
  try {
    return { name: check.name, ok: true, detail: await Promise.race([check.run(limit), timedOut]) };
  } catch (error) {
    const hint = (isCutoverError(error) ? error.details.hint : undefined) ?? GENERAL_HINT;
    return { name: check.name, ok: false, detail: reasonOf(error), hint };
  }
}

function reasonOf(error: unknown): string {
  if (!isCutoverError(error)) return messageOf(error);
  const { received, cause } = error.details;
  const said = [error.message, ...(received === undefined ? [] : [received])].join(": ");
  return cause === undefined || said.includes(messageOf(cause)) ? said : `${said}: ${messageOf(cause)}`;
}

function outcomeLine({ name, ok, detail, hint }: Outcome, color: boolean): string {
  const word = ok ? "ok    " : "failed";
  const mark = color ? `\x1b[${ok ? 32 : 31}m${word}\x1b[0m` : word;
  return `${mark}  ${name}: ${detail}${hint === undefined ? "" : `\n        next: ${hint}`}`;
}

function dogstatsdChecks({ metrics }: Config): Check[] {
  const url = metrics.dogstatsd?.url;
  if (url === undefined) return [];
  return [
    {
      name: `dogstatsd ${url}`,
      async run() {
        const { hostname, port } = new URL(url);
        const { address, family } = await resolveHost(hostname, "mend metrics.dogstatsd.url");
        await probeUdp(address, Number(port), family === 6 ? "udp6" : "udp4");
        return `resolves to ${address} and does not refuse; UDP has no answer, so whether it listens is not known`;
      },
    },
  ];
}

/** How long a refusal is waited for; one comes from machines near by only. */
const REFUSAL_MS = 200;

/** A machine on which nothing listens says so to a socket that is connected; an empty line is no metric. */
async function probeUdp(address: string, port: number, family: "udp4" | "udp6"): Promise<void> {
  const socket = createSocket(family);
  let again: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      socket.connect(port, address, () => {
        socket.send("\n");
        // The refusal of the first is told to the second.
        again = setTimeout(() => socket.send("\n"), REFUSAL_MS / 2);
        setTimeout(resolve, REFUSAL_MS);
      });
    });
  } catch (cause) {
    throw new CutoverError("CONFIG", "nothing listens there", {
      received: messageOf(cause),
      hint: "start the DogStatsD agent, or correct metrics.dogstatsd.url",
      cause,
    });
  } finally {
    clearTimeout(again);
    socket.close();
  }
}

async function resolveHost(hostname: string, hint: string): Promise<{ address: string; family: number }> {
  const host = hostname.replace(/^\[|\]$/g, "");
  return lookup(host).catch((cause: unknown) => {
    throw new CutoverError("CONFIG", `${host} does not resolve`, { cause, hint });
  });
}
