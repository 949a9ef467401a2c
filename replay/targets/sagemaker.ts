/** SageMaker target through the AWS SDK, which gives credentials, region, signing and the error model; its retries are off, ours are the only ones. */
import type { SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import type { TargetSettings } from "../../src/config/schema.ts";
import { CutoverError, messageOf } from "../../src/errors.ts";
import { errorCode, modelErrorFate, sagemakerFate, socketFate } from "./classify.ts";
import { expand, type SageMakerSettings, sagemakerEndpoint } from "./endpoint.ts";
import { failure, type Reply, type Target } from "./target.ts";

type Settings = TargetSettings & { readonly sagemaker: SageMakerSettings };

/** Loads the SDK; TARGET_UNUSABLE when no region is known. */
export async function sagemakerTarget(name: string, settings: Settings): Promise<Target> {
  const { InvokeEndpointCommand } = await import("@aws-sdk/client-sagemaker-runtime");
  const client = await createClient(name, settings);
  const { targetModel, targetVariant, inferenceComponent } = settings.sagemaker;

  return {
    name,
    kind: "sagemaker",
    endpoint: (model) => sagemakerEndpoint(name, settings.sagemaker, model),
    async send(request) {
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(), settings.timeout);
      const command = new InvokeEndpointCommand({
        EndpointName: request.endpoint.address,
        Body: request.body,
        ContentType: request.contentType,
        Accept: request.accept,
        InferenceId: inferenceId(request.id),
        TargetModel: expand(targetModel, request.model),
        TargetVariant: expand(targetVariant, request.model),
        InferenceComponentName: expand(inferenceComponent, request.model),
      });
      try {
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
        return replyOf(name, error);
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
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

/** The answer did not come as announced, or is above maxResponse. */
class BodyFault extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super(reply.errorDetail ?? "");
    this.reply = reply;
  }
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
      response.body = await readBody(response, maxResponse);
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

/** What a thrown SDK error means. */
function replyOf(target: string, error: unknown): Reply {
  if (error instanceof BodyFault) return error.reply;
  if (!(error instanceof Error)) throw error;
  if (error.name === "CredentialsProviderError" || error.name === "TokenProviderError")
    throw noCredentials(target, error);
  const status = statusOf(error);
  if (error.name === "ModelError") return modelError(error, status);
  if (status === null) {
    const code = errorCode(error);
    if (code === "ERR_INVALID_CHAR" || code === "ERR_HTTP_INVALID_HEADER_VALUE") {
      return failure("rejected_input", "invalid_header", messageOf(error));
    }
    const timedOut = code === "TimeoutError" || code === "ETIMEDOUT";
    return failure(timedOut ? "refused" : socketFate(code), code, messageOf(error));
  }
  const fate = sagemakerFate(error.name, status, error.message);
  const named =
    error.name !== "Error" && error.name !== "SyntaxError" && error.name !== "Unknown" && error.name !== "UnknownError";
  return failure(fate, named ? error.name : `http_${status}`, error.message, { status });
}

function statusOf(error: Error): number | null {
  const { $metadata, $response } = error as {
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number };
  };
  return $metadata?.httpStatusCode ?? $response?.statusCode ?? null;
}

/** The container's own answer, as the service passes it on: its status and its text. */
function modelError(error: Error, status: number | null): Reply {
  const { OriginalStatusCode, OriginalMessage } = error as { OriginalStatusCode?: number; OriginalMessage?: string };
  const original = OriginalStatusCode ?? 500;
  return failure(modelErrorFate(original), "ModelError", error.message, {
    status: OriginalStatusCode ?? status,
    body: new TextEncoder().encode(OriginalMessage ?? ""),
  });
}

/** The service takes 1 to 64 printable characters that do not begin with a space; other ids stay at home. */
export function inferenceId(id: string): string | undefined {
  return /^[\x21-\x7e][\x20-\x7e]{0,63}$/.test(id) ? id : undefined;
}

function noCredentials(target: string, cause: unknown): CutoverError {
  return new CutoverError("TARGET_UNUSABLE", "no AWS credentials were found", {
    place: `targets.${target}.sagemaker`,
    hint: "aws sso login, AWS_PROFILE=…, or a role: the SDK's default chain is used",
    cause,
  });
}
