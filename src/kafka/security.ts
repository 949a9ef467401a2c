/** TLS and SASL of the Kafka client, and what a refused connection means to who wrote the config. */
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { readTls } from "../config/kafka.ts";
import type { KafkaSettings } from "../config/schema.ts";
import { CutoverError, type ErrorDetails, messageOf } from "../errors.ts";

/** What is said about a connection, whatever is read or written over it. */
export interface KafkaConnection extends Pick<KafkaSettings, "brokers" | "clientId" | "tls" | "sasl"> {
  /** Where in the config it is said; the source of captures by default. */
  readonly place?: string;
}
export type SaslMechanism = NonNullable<KafkaSettings["sasl"]>["mechanism"];

/** Options of Node's TLS; false when it is off. CONFIG when a file is not what it was when the config was read. */
export async function tlsOptions({ tls, place = AT }: KafkaConnection): Promise<ConnectionOptions | boolean> {
  if (typeof tls !== "object") return tls ?? false;
  const { files, faults } = await readTls(tls, place.split("."));
  const [fault] = faults;
  if (fault) {
    const { path, problem = "not usable", expected, received, hint } = fault;
    const details = { place: path.join("."), expected, received, hint };
    throw new CutoverError("CONFIG", problem, defined(details));
  }
  return {
    ...files,
    ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
    // Without it the address of each broker is the name, also when it is a number.
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
  };
}

const AT = "capture.source.kafka";
/** Longest wait for a port to say whether it speaks TLS. */
const PROBE_MS = 2_000;

interface Explanation {
  readonly message: string;
  readonly expected?: string;
  readonly place: string;
  readonly hint: string;
}

/** The error as a sentence about the config; undefined when it is none of a refused connection. */
export async function explainRefusal(error: unknown, settings: KafkaConnection): Promise<CutoverError | undefined> {
  const chain = chainOf(error);
  const known =
    chain.map((one) => saslRefusal(one, settings) ?? tlsRefusal(one, settings) ?? aclRefusal(one)).find(Boolean) ??
    (chain.some(isClosed) ? await closedPort(chain, settings) : undefined);
  if (!known) return undefined;
  const { message, place, ...details } = known;
  return new CutoverError("SOURCE_UNUSABLE", message, {
    ...details,
    place: place.replace(AT, settings.place ?? AT),
    received: messageOf(chain[0]).trim(),
    cause: error,
  });
}

interface Reported extends Error {
  readonly code?: string | number;
  /** Of Kafka's protocol: its error by name. */
  readonly type?: string;
  readonly broker?: string;
}

/** From the cause, which knows the broker and the code, to what was thrown. */
function chainOf(error: unknown): Reported[] {
  const chain: Reported[] = [];
  for (let at = error; at instanceof Error && !chain.includes(at); at = at.cause) chain.push(at);
  return chain.reverse();
}

function saslRefusal({ name, message, type }: Reported, { sasl }: KafkaConnection): Explanation | undefined {
  if (/mechanism is not supported|UNSUPPORTED_SASL_MECHANISM/.test(`${message} ${type}`)) {
    return {
      message: `the brokers do not take SASL ${sasl?.mechanism}`,
      place: `${AT}.sasl.mechanism`,
      expected: "a mechanism that is enabled on this listener (sasl.enabled.mechanisms)",
      hint: "correct the mechanism, or use the port of another listener in brokers",
    };
  }
  if (type === "ILLEGAL_SASL_STATE" || /ILLEGAL_SASL_STATE|not valid given the current SASL state/.test(message)) {
    return {
      message: "the brokers do not ask for a login on this port",
      place: `${AT}.sasl`,
      hint: "use the port of a SASL listener in brokers, or remove sasl",
    };
  }
  if (name !== "KafkaJSSASLAuthenticationError" && type !== "SASL_AUTHENTICATION_FAILED") return undefined;
  return {
    message: `the brokers refuse the login of ${sasl?.username}`,
    place: `${AT}.sasl`,
    expected: `a user and password that the brokers know for ${sasl?.mechanism}`,
    hint: "correct username and password (also CUTOVER_KAFKA_USERNAME, CUTOVER_KAFKA_PASSWORD), or the mechanism",
  };
}

const UNTRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE)$/;

function tlsRefusal({ code, message, broker }: Reported, { tls }: KafkaConnection): Explanation | undefined {
  const at = broker === undefined ? "a broker" : `the broker ${broker}`;
  const said = String(code ?? "");
  if (UNTRUSTED.test(said)) {
    return {
      message: `the certificate of ${at} is not signed by an authority that is trusted here`,
      place: `${AT}.tls.ca`,
      hint: "name the file of the authority that signed it: tls: { ca: FILE }",
    };
  }
  if (said === "CERT_HAS_EXPIRED" || said === "CERT_NOT_YET_VALID") {
    const when = said === "CERT_HAS_EXPIRED" ? "has expired" : "is not valid yet";
    return {
      message: `the certificate of ${at} ${when}`,
      place: `${AT}.tls`,
      hint: "renew it on the broker; if it is current there, set the clock of this machine",
    };
  }
  if (said === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return {
      message: `the certificate of ${at} is for another name`,
      place: `${AT}.brokers`,
      hint: "name the broker as its certificate does, or say that name: tls: { serverName: NAME }",
    };
  }
  if (/alert|CERTIFICATE_REQUIRED/i.test(`${said} ${message}`) && /certificate/i.test(`${said} ${message}`)) {
    const own = typeof tls === "object" && tls.cert !== undefined;
    return {
      message: own ? `${at} refuses the certificate of this client` : `${at} asks for a certificate of this client`,
      place: own ? `${AT}.tls.cert` : `${AT}.tls`,
      hint: own ? "use one signed by an authority that the broker trusts" : "add tls: { cert: FILE, key: FILE }",
    };
  }
  const notTls = /wrong version number|packet length too long|before secure TLS connection was established/i;
  return notTls.test(message) ? plainPort(at) : undefined;
}

function plainPort(at: string): Explanation {
  return {
    message: `${at} does not speak TLS on this port`,
    place: `${AT}.tls`,
    hint: "use the port of a TLS listener in brokers, or remove tls",
  };
}

function aclRefusal({ type }: Reported): Explanation | undefined {
  if (type === "GROUP_AUTHORIZATION_FAILED") {
    return {
      message: "this user may not use the consumer group",
      place: `${AT}.group`,
      hint: "grant Read on the group to the user, or name a group that it may use",
    };
  }
  if (type !== "TOPIC_AUTHORIZATION_FAILED" && type !== "CLUSTER_AUTHORIZATION_FAILED") return undefined;
  return {
    message: "this user may not read the topic",
    place: `${AT}.topics`,
    hint: "grant Read and Describe on the topic to the user",
  };
}

function isClosed({ name, code, message }: Reported): boolean {
  return name === "KafkaJSConnectionClosedError" || code === "ECONNRESET" || /closed by the server/i.test(message);
}

/** The broker hung up without a word: what the port speaks tells why. */
async function closedPort(chain: readonly Reported[], settings: KafkaConnection): Promise<Explanation> {
  const broker = chain.find((one) => one.broker !== undefined)?.broker ?? (settings.brokers[0] as string);
  const at = `the broker ${broker}`;
  const speaksTls = await handshakes(broker);
  if (!settings.tls && speaksTls) {
    return {
      message: `${at} speaks TLS on this port`,
      place: `${AT}.tls`,
      hint: "add tls: true (or tls: { ca: FILE } for an authority of your own), or use the port of a plain listener",
    };
  }
  if (settings.tls && !speaksTls) return plainPort(at);
  if (settings.sasl) {
    return {
      message: `${at} closes the connection at the login`,
      place: `${AT}.sasl`,
      hint: "see the broker's log; the listener may take another mechanism, or none",
    };
  }
  const own = typeof settings.tls === "object" && settings.tls.cert !== undefined;
  const certificate = settings.tls && !own ? ", or a certificate of this client: tls: { cert: FILE, key: FILE }" : "";
  return {
    message: `${at} closes the connection`,
    place: AT,
    hint: `the listener may ask for a login: sasl: { mechanism, username, password }${certificate}`,
  };
}

/** Whether anything that speaks TLS answers; whose certificate it is does not matter here. */
function handshakes(broker: string): Promise<boolean> {
  const [host = "", port = ""] = broker.split(":");
  return new Promise((resolve) => {
    // Only to learn what the port speaks: nothing is sent over it, and nothing it says is believed.
    const socket = connectTls({ host, port: Number(port), rejectUnauthorized: false });
    const end = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(false), PROBE_MS);
    socket.on("error", () => end(false));
    socket.once("close", () => end(false));
    socket.once("secureConnect", () => end(true));
  });
}

function defined(details: { [K in keyof ErrorDetails]: ErrorDetails[K] | undefined }): ErrorDetails {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}
