/** How each client of ours reaches the brokers: addresses, TLS, login, sockets, and where its log goes. */
import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { Logger } from "../log.ts";
import { type KafkaConnection, tlsOptions } from "./security.ts";
import { brokerSocket, type SocketRequest } from "./socket.ts";

const CONNECT_TIMEOUT_MS = 3_000;
/** Tries of a call that is made before any work: a wrong address should be said soon. */
export const CONNECT_RETRIES = 2;
/**
 * How long before its end a login is renewed. kafkajs's default of 10 s renews those that hold for less at every
 * request, which brokers refuse.
 */
const LOGIN_MARGIN_MS = 2_000;

/** The settings of kafkajs's Kafka, whose types stand in the files that call it. */
export interface ClientConfig<Sasl> {
  readonly clientId: string;
  readonly brokers: string[];
  readonly connectionTimeout: number;
  readonly socketFactory: (request: SocketRequest) => Socket;
  readonly reauthenticationThreshold: number;
  readonly ssl: ConnectionOptions | boolean;
  readonly sasl?: Sasl;
  readonly logCreator: () => (entry: LogLine) => void;
}

interface LogLine {
  readonly namespace: string;
  readonly label: string;
  readonly log: { readonly message: string };
}

export async function clientConfig<Sasl>(settings: KafkaConnection, log: Logger): Promise<ClientConfig<Sasl>> {
  const ssl = await tlsOptions(settings);
  return {
    clientId: settings.clientId,
    brokers: [...settings.brokers],
    connectionTimeout: CONNECT_TIMEOUT_MS,
    socketFactory: brokerSocket,
    reauthenticationThreshold: LOGIN_MARGIN_MS,
    ssl,
    ...(settings.sasl ? { sasl: { ...settings.sasl } as Sasl } : {}),
    logCreator: () => (entry) => forward(log, entry),
  };
}

/** kafkajs logs what it retries by itself as errors; what is left of them reaches the user as our own error. */
function forward(log: Logger, { namespace, label, log: entry }: LogLine): void {
  log.debug(`kafkajs: ${entry.message}`, { namespace, kafkajsLevel: label });
}

/**
 * kafkajs 2.2.4 starts a timer with a negative delay for each connection, on which Node warns. Only that
 * warning, and only from kafkajs's request queue, is kept back.
 */
export function muteTimeoutWarnings(): () => void {
  const original = process.emitWarning;
  const muted = (...args: unknown[]): void => {
    const isTimeout = args.includes("TimeoutNegativeWarning");
    if (isTimeout && new Error().stack?.includes("kafkajs")) return;
    (original as (...args: unknown[]) => void).apply(process, args);
  };
  process.emitWarning = muted as typeof process.emitWarning;
  return () => {
    if (process.emitWarning === muted) process.emitWarning = original;
  };
}
