/** The services of the tests, for benches that need a broker and an S3 server: those that run, else started here. */
import { setup, teardown } from "../../test/services/setup.ts";

export interface Services {
  /** host:port. */
  readonly kafka: string;
  /** http://host:port. */
  readonly s3: string;
}

export async function withServices<T>(action: (services: Services) => Promise<T>): Promise<T> {
  process.env.CUTOVER_REQUIRE ??= "services";
  await setup();
  try {
    const kafka = process.env.CUTOVER_TEST_KAFKA;
    const s3 = process.env.CUTOVER_TEST_S3;
    if (kafka === undefined || s3 === undefined) throw new Error("the services do not run: npm run services");
    return await action({ kafka, s3 });
  } finally {
    await teardown();
  }
}
