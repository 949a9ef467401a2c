/**
 * SageMaker target. The AWS SDK gives credentials, region, address and the meaning of errors; requests are signed and
 * sent by our own code, or by the SDK itself with `sagemaker.sdk: true`. Its retries are off either way: ours are the
 * only ones.
 */
import type { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import type { TargetSettings } from "../../src/config/schema.ts";
import { CutoverError, messageOf } from "../../src/errors.ts";
import { errorCode } from "./classify.ts";
import { type SageMakerSettings, sagemakerEndpoint } from "./endpoint.ts";
import { BodyFault, isCredentialsFault, noCredentials, sagemakerReply } from "./sagemaker-reply.ts";
import { type Invocation, invocationOf } from "./sagemaker-request.ts";
import { openSignedSending, type SignedSending, type Site } from "./sagemaker-signed.ts";
import { failure, type Target, type TargetRequest } from "./target.ts";

type Settings = TargetSettings & { readonly sagemaker: SageMakerSettings };

/** Loads the SDK; TARGET_UNUSABLE when no region is known. Credentials are asked for with the first request. */
export async function sagemakerTarget(name: string, settings: Settings): Promise<Target> {
  const client = await createClient(name, settings);
  const sending = settings.sagemaker.sdk ? sdkSending(name, settings, client) : ownSending(name, settings, client);
  return {
    name,
    kind: "sagemaker",
    endpoint: (model) => sagemakerEndpoint(name, settings.sagemaker, model),
    send: (request) => sending.send(request, invocationOf(settings.sagemaker, request)),
    async close() {
      await sending.close();
      client.destroy();
    },
  };
}

/** Resolves when credentials are found, with what they are: for `cutover doctor`. */
export async function checkCredentials(name: string, settings: Settings): Promise<string> {
  const client = await createClient(name, settings);
  try {
    const region = await client.config.region();
    const { accessKeyId } = await client.config.credentials();
    return `credentials ${accessKeyId.slice(0, 4)}…, region ${region}`;
  } catch (error) {
    throw noCredentials(name, error);
  } finally {
    client.destroy();
  }
}

/** A clock that is off by more than AWS tolerates (5 minutes), with room for its measuring. */
const CLOCK_OFF_MS = 240_000;

function clockMoved(client: SageMakerRuntimeClient, offset: number): boolean {
  return Math.abs(client.config.systemClockOffset - offset) >= CLOCK_OFF_MS;
}

/** Through the SDK alone. */
function sdkSending(name: string, settings: Settings, client: SageMakerRuntimeClient): SignedSending {
  return {
    async send(request, invocation) {
      const offset = client.config.systemClockOffset;
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(), settings.timeout);
      try {
        const command = await commandOf(request, invocation);
        const output = await client.send(command, { abortSignal: deadline.signal });
        return {
          fate: "ok",
          status: output.$metadata.httpStatusCode ?? 200,
          body: output.Body ?? new Uint8Array(),
          type: output.ContentType ?? null,
          variant: output.InvokedProductionVariant ?? null,
          errorClass: null,
          errorDetail: null,
          retryAfterMs: null,
        };
      } catch (error) {
        if (deadline.signal.aborted) {
          return failure("timeout", "timeout", `no complete answer within ${settings.timeout} ms`);
        }
        return sagemakerReply(name, error, clockMoved(client, offset));
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {},
  };
}

/** By our own signature; opened with the first request, since until then nothing needs credentials. */
function ownSending(name: string, settings: Settings, client: SageMakerRuntimeClient): SignedSending {
  let opened: SignedSending | undefined;
  let opening: Promise<SignedSending> | undefined;
  const { timeout, maxResponse } = settings;
  const open = async (): Promise<SignedSending> => {
    const site = await siteOf(name, client);
    const credentials = async () => {
      return client.config.credentials().catch((error: unknown) => {
        throw noCredentials(name, error);
      });
    };
    opened = openSignedSending({
      site,
      clock: client.config,
      credentials,
      timeout,
      maxResponse,
      onError: async (asked, answer, offset) => {
        const command = await commandOf(asked, invocationOf(settings.sagemaker, asked));
        const error = await readError(client, command, answer);
        return sagemakerReply(name, error, clockMoved(client, offset));
      },
    });
    return opened;
  };
  return {
    send(request, invocation) {
      if (opened) return opened.send(request, invocation);
      opening ??= open();
      return opening.then((sending) => sending.send(request, invocation));
    },
    close: async () => opened?.close(),
  };
}

async function commandOf(request: TargetRequest, invocation: Invocation): Promise<InvokeEndpointCommand> {
  const { InvokeEndpointCommand } = await import("@aws-sdk/client-sagemaker-runtime");
  return new InvokeEndpointCommand({ EndpointName: request.endpoint.address, Body: request.body, ...invocation });
}

/** Where the SDK sends, and as what it signs: seen on a request of its own making, which is not sent. */
async function siteOf(name: string, client: SageMakerRuntimeClient): Promise<Site> {
  const { InvokeEndpointCommand } = await import("@aws-sdk/client-sagemaker-runtime");
  const command = new InvokeEndpointCommand({ EndpointName: "site", Body: new Uint8Array() });
  let seen: SdkRequest | undefined;
  command.middlewareStack.add(
    () => async (args) => {
      seen = args.request as SdkRequest;
      throw new NotSent();
    },
    { step: "deserialize", priority: "low", name: "cutoverSeeRequest" },
  );
  const cause = await client.send(command).catch((error: unknown) => error);
  if (isCredentialsFault(cause)) throw noCredentials(name, cause);
  const scope = /Credential=[^,]*\/([^/]+)\/([^/]+)\/aws4_request/.exec(seen?.headers.authorization ?? "");
  if (!seen || !scope) {
    throw new CutoverError("TARGET_UNUSABLE", "the AWS SDK does not tell where it would send", {
      place: `targets.${name}.sagemaker`,
      hint: "check url, region and credentials: cutover doctor; or let the SDK send: sagemaker.sdk: true",
      cause,
    });
  }
  const { protocol, hostname, port, path, headers } = seen;
  return {
    origin: `${protocol}//${hostname}${port ? `:${port}` : ""}`,
    host: headers.host ?? hostname,
    basePath: path.slice(0, path.lastIndexOf("/endpoints/")),
    region: scope[1] as string,
    service: scope[2] as string,
  };
}

class NotSent extends Error {}

interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the SDK makes of an answer, by handing it over as if it had just come in. */
async function readError(
  client: SageMakerRuntimeClient,
  command: InvokeEndpointCommand,
  answer: { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: Uint8Array },
): Promise<unknown> {
  const response = { statusCode: answer.status, headers: answer.headers, body: answer.body };
  command.middlewareStack.add(() => async () => ({ response, output: undefined as never }), {
    step: "deserialize",
    priority: "low",
    name: "cutoverReadAnswer",
  });
  return client.send(command).then(
    () => Object.assign(new Error(`HTTP ${answer.status}`), { $metadata: { httpStatusCode: answer.status } }),
    (error: unknown) => error,
  );
}

async function createClient(name: string, settings: Settings): Promise<SageMakerRuntimeClient> {
  const { SageMakerRuntimeClient } = await import("@aws-sdk/client-sagemaker-runtime");
  const { region, url } = settings.sagemaker;
  const client = new SageMakerRuntimeClient({
    maxAttempts: 1,
    ...(region === undefined ? {} : { region }),
    ...(url === undefined ? {} : { endpoint: url }),
    requestHandler: {
      connectionTimeout: Math.min(settings.timeout, 10_000),
      httpAgent: { keepAlive: true, maxSockets: settings.concurrency.total },
      httpsAgent: { keepAlive: true, maxSockets: settings.concurrency.total },
    },
  });
  try {
    await client.config.region();
  } catch (cause) {
    throw new CutoverError("TARGET_UNUSABLE", "no AWS region is known", {
      place: `targets.${name}.sagemaker.region`,
      hint: "set region there, or export AWS_REGION=…",
      cause,
    });
  }
  guardBody(client, settings.maxResponse);
  return client;
}

interface WireResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: unknown;
}

/** Reads the body before the SDK does, so that it is bounded and checked against Content-Length, for errors as well. */
function guardBody(client: SageMakerRuntimeClient, maxResponse: number): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as WireResponse;
      if (!(response.body instanceof Uint8Array)) response.body = await readBody(response, maxResponse);
      return result;
    },
    { step: "deserialize", priority: "low", name: "cutoverGuardBody" },
  );
}

async function readBody(response: WireResponse, maxResponse: number): Promise<Uint8Array> {
  const status = response.statusCode;
  const announced = response.headers["content-length"];
  const tooLarge = (size: number): BodyFault =>
    new BodyFault(
      failure("too_large", "response_too_large", `${size} bytes, more than maxResponse ${maxResponse}`, { status }),
    );
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop by a throw destroys the stream, and with it the connection.
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > maxResponse) throw tooLarge(Math.max(bytes, Number(announced ?? 0)));
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof BodyFault) throw error;
    throw new BodyFault(failure("bad_response", "truncated", `${errorCode(error)}: ${messageOf(error)}`, { status }));
  }
  if (announced !== undefined && bytes !== Number(announced)) {
    throw new BodyFault(failure("bad_response", "truncated", `${bytes} of ${announced} bytes`, { status }));
  }
  return Buffer.concat(chunks, bytes);
}
