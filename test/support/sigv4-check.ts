/**
 * Holds requests against their AWS signature as the service does, by the signer of the AWS SDK: an implementation
 * that is not the one under test. Credentials are those of the environment, where the client has them from.
 */
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { SignatureV4 } from "@smithy/signature-v4";

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
/** What must be signed of a request, when it is there. */
const MUST_SIGN = /^(host|x-amz-.*|x-amzn-.*|content-type)$/;

/** What is wrong with the signature, in words; undefined when it is right. */
export async function signatureFault(
  { method, url = "/", headers }: Pick<IncomingMessage, "method" | "url" | "headers">,
  body: Uint8Array,
): Promise<string | undefined> {
  const [, accessKeyId, day, region = "", service = "", names = "", signature] =
    AUTHORIZATION.exec(headers.authorization ?? "") ?? [];
  if (signature === undefined) return "no AWS4-HMAC-SHA256 authorization";
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN } = process.env;
  if (accessKeyId !== AWS_ACCESS_KEY_ID) return `an access key that is not known: ${accessKeyId}`;
  if ((headers["x-amz-security-token"] ?? "") !== (AWS_SESSION_TOKEN ?? "")) return "another session token";
  if (service !== "sagemaker") return `signed for ${service}`;
  const time = String(headers["x-amz-date"]);
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  // How far clocks may differ is the script's: some pretend to have another one.
  if (!time.startsWith(day ?? "?") || Number.isNaN(at)) return `signed at ${time}`;
  const signed = names.split(";");
  const unsigned = Object.keys(headers).find((name) => MUST_SIGN.test(name) && !signed.includes(name));
  if (unsigned !== undefined) return `${unsigned} is not signed`;
  const sha256 = createHash("sha256").update(body).digest("hex");
  if ((headers["x-amz-content-sha256"] ?? sha256) !== sha256) return "x-amz-content-sha256 is not that of the body";

  const signer = new SignatureV4({
    credentials: { accessKeyId: accessKeyId ?? "", secretAccessKey: AWS_SECRET_ACCESS_KEY },
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
  });
  const expected = await signer.sign(
    {
      method: method ?? "GET",
      protocol: "http:",
      hostname: String(headers.host),
      path: url,
      headers: Object.fromEntries(signed.map((name) => [name, String(headers[name] ?? "")])),
      body,
    },
    { signingDate: new Date(at), signableHeaders: new Set(signed) },
  );
  return expected.headers.authorization?.endsWith(`Signature=${signature}`)
    ? undefined
    : "the signature is not that of the request";
}

/** Node's SHA-256 as the signer wants it. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = typeof secret === "string" || secret === undefined ? secret : bytesOf(secret);
    this.#hash = key === undefined ? createHash("sha256") : createHmac("sha256", key);
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === "string" ? data : bytesOf(data));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {}
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
