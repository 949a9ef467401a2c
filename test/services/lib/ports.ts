import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { PORT_NAMES, type PortName, type Ports, ServiceError } from "./types.ts";

export const HOST = "127.0.0.1";

const VARIABLES: Readonly<Record<PortName, string>> = {
  kafka: "CUTOVER_PORT_KAFKA",
  kafkaController: "CUTOVER_PORT_KAFKA_CONTROLLER",
  s3: "CUTOVER_PORT_S3",
  dogstatsd: "CUTOVER_PORT_DOGSTATSD",
  metrics: "CUTOVER_PORT_STATSD_METRICS",
};

/** The ports to use: the one asked for in the environment, else any that is free. A taken one is an error. */
export async function choosePorts(env: NodeJS.ProcessEnv): Promise<Ports> {
  const chosen: Partial<Record<PortName, number>> = {};
  const taken = new Set<number>();
  for (const name of PORT_NAMES) {
    const asked = env[VARIABLES[name]];
    const port = asked ? parsePort(VARIABLES[name], asked) : await anyPort(name, taken);
    if (asked && !(await isFree(name, port))) {
      throw new ServiceError(
        `${HOST}:${port} is taken; set ${VARIABLES[name]} to a free port, or unset it to get any.`,
      );
    }
    taken.add(port);
    chosen[name] = port;
  }
  return chosen as Ports;
}

/** Ports that are free now, for a server of a test's own. */
export async function freePorts(count: number): Promise<number[]> {
  const taken = new Set<number>();
  while (taken.size < count) taken.add(await anyPort("kafka", taken));
  return [...taken];
}

/** True when nothing listens on the port. */
export async function isFree(name: PortName, port: number): Promise<boolean> {
  return (await listenOnce(name, port)) !== undefined;
}

function parsePort(variable: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new ServiceError(`${variable} is "${text}"; expected a port number from 1 to 65535.`);
}

async function anyPort(name: PortName, taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const port = await listenOnce(name, 0);
    if (port !== undefined && !taken.has(port)) return port;
  }
  throw new ServiceError(`no free port on ${HOST} after 20 attempts.`);
}

/** Binds and lets go; the port bound, or undefined when it was taken. */
async function listenOnce(name: PortName, port: number): Promise<number | undefined> {
  if (name === "dogstatsd") {
    const socket = createSocket("udp4");
    socket.bind(port, HOST);
    if (!(await bound(socket))) return undefined;
    const got = socket.address().port;
    await new Promise<void>((resolve) => socket.close(resolve));
    return got;
  }
  const server = createServer();
  server.listen(port, HOST);
  if (!(await bound(server))) return undefined;
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : undefined;
}

async function bound(emitter: NodeJS.EventEmitter): Promise<boolean> {
  try {
    await once(emitter, "listening");
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
}
