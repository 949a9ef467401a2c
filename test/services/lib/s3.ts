import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { s3IsUp } from "../../support/s3.ts";
import { goInstall } from "./go.ts";
import { HOST } from "./ports.ts";
import type { Service } from "./types.ts";

const VERSION = "v1.8.0";

/** The only credentials the server knows; they open nothing else. */
export const S3_CREDENTIALS = { accessKeyId: "cutover-test", secretAccessKey: "cutover-test-secret" } as const;
export const S3_REGION = "us-east-1";

/** versitygw over a folder: S3 with conditional puts, quick to build. */
export const s3: Service = {
  name: "s3",
  version: VERSION,
  ports: ["s3"],
  needs: { run: [], install: ["go"] },
  installSeconds: "60 to 300",
  install: (folder) => goInstall(`github.com/versity/versitygw/cmd/versitygw@${VERSION}`, folder),

  async prepare(place) {
    await mkdir(join(place.folder, "data"), { recursive: true });
  },

  command: (place) => ({
    file: join(place.install, "versitygw"),
    args: [
      "--quiet",
      "--region",
      S3_REGION,
      "--port",
      `${HOST}:${place.ports.s3}`,
      "posix",
      join(place.folder, "data"),
    ],
    env: { ROOT_ACCESS_KEY: S3_CREDENTIALS.accessKeyId, ROOT_SECRET_KEY: S3_CREDENTIALS.secretAccessKey },
  }),

  probe: (ports) => s3IsUp({ endpoint: `http://${HOST}:${ports.s3}`, region: S3_REGION, ...S3_CREDENTIALS }),
};
