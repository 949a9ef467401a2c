/** Certificates made while the tests run, by the openssl program: an authority, and what it signs. */
import { execFile, spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** Of `openssl ca`, the only command of every version that can date a certificate into the past. */
const CA_CONFIG = `[ca]
default_ca = test
[test]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
copy_extensions = copy
default_md = sha256
policy = policy
[policy]
commonName = supplied
`;
const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

export function opensslIsHere(): boolean {
  return spawnSync("openssl", ["version"]).status === 0;
}

export interface Authority {
  /** Its certificate, and the folder in which all files of it stand. */
  readonly pem: string;
  readonly folder: string;
}

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export async function makeAuthority(folder: string): Promise<Authority> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "ca.cnf"), CA_CONFIG);
  await writeFile(join(folder, "index.txt"), "");
  await openssl(folder, [
    "req",
    "-x509",
    ...CURVE,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-subj",
    "/CN=test",
    "-days",
    "30",
  ]);
  return { pem: join(folder, "ca.pem"), folder };
}

/** `names` as openssl writes them, `DNS:localhost`, `IP:127.0.0.1`. */
export async function makeIdentity(
  { folder }: Authority,
  name: string,
  names: readonly string[],
  { expired = false }: { expired?: boolean } = {},
): Promise<Identity> {
  const san = names.length === 0 ? [] : ["-addext", `subjectAltName=${names.join(",")}`];
  await openssl(folder, [
    "req",
    "-new",
    ...CURVE,
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.csr`,
    "-subj",
    `/CN=${name}`,
    ...san,
  ]);
  const dates = expired ? ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"] : ["-days", "30"];
  const signed = ["ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key"];
  await openssl(folder, [...signed, "-in", `${name}.csr`, "-out", `${name}.pem`, ...dates]);
  return { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
}

/** The key of an identity, encrypted. */
export async function lockKey(
  { folder }: Authority,
  { key }: Identity,
  name: string,
  passphrase: string,
): Promise<string> {
  const lock = [
    "pkcs8",
    "-topk8",
    "-v2",
    "aes-256-cbc",
    "-in",
    key,
    "-out",
    `${name}.key`,
    "-passout",
    `pass:${passphrase}`,
  ];
  await openssl(folder, lock);
  return join(folder, `${name}.key`);
}

async function openssl(cwd: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)("openssl", [...args], { cwd });
}
