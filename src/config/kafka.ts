/** What the settings of a Kafka connection say together with the world around them: variables, and files of TLS. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { messageOf } from "../errors.ts";
import { expandVariables } from "./expand.ts";
import type { Fault } from "./faults.ts";
import type { Env } from "./overrides.ts";
import type { KafkaSettings, TlsSettings } from "./schema.ts";

const FILES = ["ca", "cert", "key"] as const;

export interface Surrounding {
  readonly env: Env;
  /** Where a relative file stands. */
  beside(file: string): string;
  /** True for a value that the environment gave: it is meant as it stands. */
  isGiven(path: readonly string[]): boolean;
}

/** The settings with `${NAME}` in place and files where they stand, and what is missing there. */
export async function resolveKafka<T extends Pick<KafkaSettings, "tls" | "sasl">>(
  kafka: T,
  base: readonly string[],
  around: Surrounding,
): Promise<{ kafka: T; faults: Fault[] }> {
  const faults: Fault[] = [];
  const fill = <T extends object>(part: "tls" | "sasl", values: T): T =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        const path = [...base, part, name];
        if (typeof value !== "string" || around.isGiven(path)) return [name, value];
        return [
          name,
          expandVariables(value, withoutEmpty(around.env), (variable) => faults.push(unset(path, variable))),
        ];
      }),
    ) as T;
  const sasl = kafka.sasl && fill("sasl", kafka.sasl);
  if (typeof kafka.tls !== "object") return { kafka: { ...kafka, sasl }, faults };
  const tls: TlsSettings = fill("tls", kafka.tls);
  for (const name of FILES) {
    const file = tls[name];
    if (file !== undefined) tls[name] = around.beside(file);
  }
  if (faults.length === 0) faults.push(...(await readTls(tls, base)).faults);
  return { kafka: { ...kafka, tls, sasl }, faults };
}

export type TlsFiles = Partial<Record<(typeof FILES)[number], Buffer>>;

/** Reads the files, and what is wrong with them: not there, not PEM, a key that is another's, a certificate too old. */
export async function readTls(
  tls: TlsSettings,
  base: readonly string[],
): Promise<{ files: TlsFiles; faults: Fault[] }> {
  const files: TlsFiles = {};
  const faults: Fault[] = [];
  const fault = (name: string, rest: Omit<Fault, "path">): void =>
    void faults.push({ path: [...base, "tls", name], ...rest });
  for (const name of FILES) {
    const file = tls[name];
    if (file === undefined) continue;
    try {
      files[name] = await readFile(file);
    } catch (error) {
      const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
      const expected = name === "key" ? "a private key in PEM" : "a certificate in PEM";
      fault(name, { problem: missing ? "there is no such file" : messageOf(error), expected, received: file });
    }
  }
  const { ca, cert, key } = files;
  if (ca) certificateOf(ca, "ca", tls.ca ?? "", fault);
  const own = cert && certificateOf(cert, "cert", tls.cert ?? "", fault);
  const secret = key && keyOf(key, tls, fault);
  if (own && secret && !own.checkPrivateKey(secret)) {
    fault("key", {
      problem: "this is not the key of the certificate",
      expected: `the key of ${tls.cert}`,
      received: tls.key ?? "",
    });
  }
  if (own && Date.parse(own.validTo) < Date.now()) {
    fault("cert", {
      problem: "the certificate has expired",
      expected: "one that is valid today",
      received: `valid to ${own.validTo}`,
    });
  }
  return { files, faults };
}

type Tell = (name: string, fault: Omit<Fault, "path">) => void;

/** The first certificate of a file, which may hold a chain. */
function certificateOf(pem: Buffer, name: string, file: string, fault: Tell): X509Certificate | undefined {
  try {
    if (pem.includes("-----BEGIN")) return new X509Certificate(pem);
  } catch {
    // Told below, in our own words.
  }
  const hint = "a keystore is turned into PEM by: openssl pkcs12 -in STORE.p12 -nokeys -out CERT.pem";
  fault(name, { problem: "this file holds no certificate", expected: "a certificate in PEM", received: file, hint });
  return undefined;
}

function keyOf(pem: Buffer, { key: file = "", passphrase }: TlsSettings, fault: Tell): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    const encrypted = pem.includes("ENCRYPTED");
    if (encrypted && passphrase === undefined) {
      fault("key", { problem: "the key is encrypted", expected: "passphrase beside it", received: file });
    } else if (encrypted) {
      fault("passphrase", { problem: "it does not open the key", expected: `the passphrase of ${file}` });
    } else {
      fault("key", {
        problem: "this file holds no private key",
        expected: "a private key in PEM",
        received: `${file}: ${messageOf(error)}`,
      });
    }
    return undefined;
  }
}

function unset(path: readonly string[], variable: string): Fault {
  const problem = `the environment variable ${variable} is not set`;
  return { path, problem, hint: `export ${variable}=…` };
}

/** A variable that is empty is not set, here as for settings that the environment gives. */
function withoutEmpty(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
}
