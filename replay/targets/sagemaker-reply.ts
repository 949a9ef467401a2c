/** What an error of the SageMaker runtime means, as the SDK's error model has read it. */
import { CutoverError, messageOf } from "../../src/errors.ts";
import { errorCode, modelErrorFate, sagemakerFate, socketFate } from "./classify.ts";
import { failure, type Reply } from "./target.ts";

/** The answer did not come as announced, or is above maxResponse: thrown through the SDK, which would try to read it. */
export class BodyFault extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super(reply.errorDetail ?? "");
    this.reply = reply;
  }
}

/** `clockMoved`: while the request was under way, our clock was found to differ from the service's by minutes. */
export function sagemakerReply(target: string, error: unknown, clockMoved: boolean): Reply {
  if (error instanceof BodyFault) return error.reply;
  if (!(error instanceof Error)) throw error;
  if (isCredentialsFault(error)) throw noCredentials(target, error);
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
  const errorClass = named ? error.name : `http_${status}`;
  // Signed with the wrong time: the endpoint is not at fault, and the next try is signed with the right one.
  if (fate === "denied" && clockMoved) return failure("unavailable", errorClass, error.message, { status });
  return failure(fate, errorClass, error.message, { status });
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

export function isCredentialsFault(error: unknown): boolean {
  return error instanceof Error && (error.name === "CredentialsProviderError" || error.name === "TokenProviderError");
}

export function noCredentials(target: string, cause: unknown): CutoverError {
  return new CutoverError("TARGET_UNUSABLE", "no AWS credentials were found", {
    place: `targets.${target}.sagemaker`,
    hint: "aws sso login, AWS_PROFILE=…, or a role: the SDK's default chain is used",
    cause,
  });
}
