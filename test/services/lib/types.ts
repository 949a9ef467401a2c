/** What a supervised service is, and what is written down about a running one. */

/** Every port of the set, by what answers there. `dogstatsd` is UDP, the others TCP. */
export const PORT_NAMES = ["kafka", "kafkaController", "s3", "dogstatsd", "metrics"] as const;
export type PortName = (typeof PORT_NAMES)[number];
export type Ports = Readonly<Record<PortName, number>>;

export interface Place {
  /** Where this version is installed; kept between runs. */
  readonly install: string;
  /** Data and configuration of the running instance; removed by stop. */
  readonly folder: string;
  readonly ports: Ports;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Service {
  readonly name: string;
  readonly version: string;
  readonly ports: readonly PortName[];
  /** Programs needed to run it, and those needed only to install it. */
  readonly needs: { readonly run: readonly Prerequisite[]; readonly install: readonly Prerequisite[] };
  /** How long the first installation usually takes, for the person who waits. */
  readonly installSeconds: string;
  /** Fills an empty folder; the caller moves it into place, so a killed install leaves nothing half done. */
  install(folder: string): Promise<void>;
  /** Writes configuration; called before every launch, and must keep data that a crashed instance left. */
  prepare(place: Place): Promise<void>;
  command(place: Place): Command;
  /** Resolves when the service answers a real request of its protocol, rejects when it does not (yet). */
  probe(ports: Ports): Promise<void>;
}

/** What installing a service takes. */
export type Installable = Pick<Service, "name" | "version" | "needs" | "installSeconds" | "install">;

export type Prerequisite = "java" | "mvn" | "go";

/** The pid file of one service. */
export interface Instance {
  readonly name: string;
  readonly pid: number;
  /** Birth mark of the process: with the pid it names one process and never a later one of the same pid. */
  readonly birth: string;
  readonly log: string;
  readonly ports: Ports;
}

export type Mode = "native" | "docker";

/** The state file: present exactly while a set of services is up. */
export interface State {
  readonly mode: Mode;
  readonly ports: Ports;
  readonly startedAt: string;
}

/** Messages for the person who waits; stderr in the CLI. */
export type Say = (message: string) => void;

/** Something the person can mend: shown without a stack trace, exit code 2. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
}
