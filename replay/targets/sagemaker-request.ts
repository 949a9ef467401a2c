/** A request to the SageMaker runtime, from the record and the target's settings. Pure. */
import { expand, type SageMakerSettings } from "./endpoint.ts";
import { canonicalPath, escapeUri } from "./sigv4.ts";
import type { TargetRequest } from "./target.ts";

/** Members of InvokeEndpoint that stand in headers. */
export interface Invocation {
  readonly ContentType: string;
  readonly Accept: string;
  readonly InferenceId: string | undefined;
  readonly TargetModel: string | undefined;
  readonly TargetVariant: string | undefined;
  readonly InferenceComponentName: string | undefined;
}

export function invocationOf(settings: SageMakerSettings, request: TargetRequest): Invocation {
  return {
    ContentType: settings.contentType ?? request.contentType,
    Accept: settings.accept ?? request.accept,
    InferenceId: inferenceId(request.id),
    TargetModel: expand(settings.targetModel, request.model),
    TargetVariant: expand(settings.targetVariant, request.model),
    InferenceComponentName: expand(settings.inferenceComponent, request.model),
  };
}

/** The service takes 1 to 64 printable characters that do not begin with a space; other ids stay at home. */
export function inferenceId(id: string): string | undefined {
  return /^[\x21-\x7e][\x20-\x7e]{0,63}$/.test(id) ? id : undefined;
}

/** The headers that carry them, as the SDK writes them; one whose member is undefined is left out. */
export function invocationHeaders(invocation: Invocation): Record<string, string> {
  const headers: Record<string, string> = { accept: invocation.Accept, "content-type": invocation.ContentType };
  const { InferenceId, TargetModel, TargetVariant, InferenceComponentName } = invocation;
  if (InferenceComponentName !== undefined) headers["x-amzn-sagemaker-inference-component"] = InferenceComponentName;
  if (InferenceId !== undefined) headers["x-amzn-sagemaker-inference-id"] = InferenceId;
  if (TargetModel !== undefined) headers["x-amzn-sagemaker-target-model"] = TargetModel;
  if (TargetVariant !== undefined) headers["x-amzn-sagemaker-target-variant"] = TargetVariant;
  return headers;
}

export interface InvocationPath {
  readonly path: string;
  readonly canonical: string;
}

/** `base` is the path of the service's own address, empty or without its last slash. */
export function invocationPath(base: string, endpointName: string): InvocationPath {
  const path = `${base}/endpoints/${escapeUri(endpointName)}/invocations`;
  return { path, canonical: canonicalPath(path) };
}
