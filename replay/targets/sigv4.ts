/**
 * AWS Signature Version 4 of a request with headers, as @smithy/signature-v4 computes it, which is the oracle of its
 * tests: about 5 µs a request instead of 80, since what only changes with the second, the day or the credentials is
 * kept. Pure.
 */
import { hash } from "node:crypto";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SignableRequest {
  readonly method: string;
  /** As `canonicalPath` gives it. */
  readonly canonicalPath: string;
  /** Names in lower case, host and x-amz-date among them; what stands in `isUnsigned` is left out. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the body, in hex. */
  readonly bodySha256: string;
}

/** Signs for one set of credentials at one moment. */
export interface Signer {
  /** The moment, as `x-amz-date` says it. */
  readonly amzDate: string;
  /** Value of the `authorization` header. */
  authorization(request: SignableRequest): string;
}

export function sha256Of(body: Uint8Array): string {
  return hash("sha256", body, "hex");
}

/** `20261101T235959Z`. */
export function amzDate(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** `date` as `amzDate` gives it. */
export function createSigner(
  credentials: Credentials,
  scope: { readonly region: string; readonly service: string },
  date: string,
): Signer {
  const day = date.slice(0, 8);
  const place = `${day}/${scope.region}/${scope.service}/aws4_request`;
  const head = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${place}, SignedHeaders=`;
  let key: Uint8Array = Buffer.from(`AWS4${credentials.secretAccessKey}`);
  for (const part of [day, scope.region, scope.service, "aws4_request"]) key = hmac(key, part);
  const keyed = hmacOf(key, `AWS4-HMAC-SHA256\n${date}\n${place}\n`);
  return {
    amzDate: date,
    authorization({ method, canonicalPath, headers, bodySha256 }) {
      let lines = "";
      let names = "";
      for (const name of Object.keys(headers).sort()) {
        if (isUnsigned(name)) continue;
        lines += `${name}:${canonicalValue(headers[name] as string)}\n`;
        names += names === "" ? name : `;${name}`;
      }
      const canonical = `${method}\n${canonicalPath}\n\n${lines}\n${names}\n${bodySha256}`;
      return `${head}${names}, Signature=${keyed(hash("sha256", canonical, "hex"))}`;
    },
  };
}

/** Changed on the way by who passes a request on, so never signed. */
const UNSIGNED = new Set([
  "authorization",
  "cache-control",
  "connection",
  "expect",
  "from",
  "keep-alive",
  "max-forwards",
  "pragma",
  "referer",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "x-amzn-trace-id",
]);

function isUnsigned(name: string): boolean {
  return UNSIGNED.has(name) || name.startsWith("proxy-") || name.startsWith("sec-");
}

/** Most values are canonical already, and looking is cheaper than replacing. */
function canonicalValue(value: string): string {
  if (!/[\r\n\t]| {2}|^ | $/.test(value)) return value;
  return value
    .replace(/[\r\n]/g, " ")
    .replace(/[ \t]+/g, " ")
    .replace(/^ | $/g, "");
}

/** A path as it is sent, normalised, and percent-encoded once more, as every service but S3 wants it. */
export function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  const end = segments.length > 0 && path.endsWith("/") ? "/" : "";
  return `/${segments.map(escapeUri).join("/")}${end}`;
}

/** RFC 3986: beyond encodeURIComponent, also `!'()*`. */
export function escapeUri(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

const BLOCK = 64;

/**
 * HMAC-SHA-256 of `prefix` and a text of 64 hexadecimal digits, under one key, by two one-shot hashes over prepared
 * buffers: half the time of a Hmac object. The buffers are filled and read without a pause in between.
 */
function hmacOf(key: Uint8Array, prefix: string): (hex: string) => string {
  const start = BLOCK + Buffer.byteLength(prefix);
  const inner = Buffer.alloc(start + 64);
  const outer = Buffer.alloc(BLOCK + 32);
  pads(key, inner, outer);
  inner.write(prefix, BLOCK);
  return (hex) => {
    inner.write(hex, start, "latin1");
    outer.write(hash("sha256", inner, "binary"), BLOCK, "binary");
    return hash("sha256", outer, "hex");
  };
}

function hmac(key: Uint8Array, text: string): Buffer {
  const inner = Buffer.alloc(BLOCK + Buffer.byteLength(text));
  const outer = Buffer.alloc(BLOCK + 32);
  pads(key, inner, outer);
  inner.write(text, BLOCK);
  outer.set(hash("sha256", inner, "buffer"), BLOCK);
  return hash("sha256", outer, "buffer");
}

/** Writes the key into the first block of each; one that is longer than a block stands as its hash. */
function pads(key: Uint8Array, inner: Buffer, outer: Buffer): void {
  const short = key.byteLength > BLOCK ? hash("sha256", key, "buffer") : key;
  for (let i = 0; i < BLOCK; i++) {
    inner[i] = (short[i] ?? 0) ^ 0x36;
    outer[i] = (short[i] ?? 0) ^ 0x5c;
  }
}
