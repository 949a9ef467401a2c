import { HOST } from "./ports.ts";
import { S3_CREDENTIALS, S3_REGION } from "./s3.ts";
import type { Ports } from "./types.ts";

/** What tests read to find the services, besides the usual AWS variables. */
export const TEST_VARIABLES = [
  "CUTOVER_TEST_KAFKA",
  "CUTOVER_TEST_S3",
  "CUTOVER_TEST_DOGSTATSD",
  "CUTOVER_TEST_STATSD_METRICS",
] as const;

/** The environment in which tests and trials reach the services. */
export function testEnvironment(ports: Ports): Record<string, string> {
  return {
    CUTOVER_TEST_KAFKA: `${HOST}:${ports.kafka}`,
    CUTOVER_TEST_S3: `http://${HOST}:${ports.s3}`,
    CUTOVER_TEST_DOGSTATSD: `${HOST}:${ports.dogstatsd}`,
    CUTOVER_TEST_STATSD_METRICS: `http://${HOST}:${ports.metrics}/metrics`,
    AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
    AWS_REGION: S3_REGION,
  };
}

/** Variables of a real account that would win over, or be sent with, the test credentials. */
export const FOREIGN_VARIABLES = [
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_ENDPOINT_URL",
  "AWS_ENDPOINT_URL_S3",
] as const;
