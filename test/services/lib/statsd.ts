import { join } from "node:path";
import { goInstall } from "./go.ts";
import { HOST } from "./ports.ts";
import type { Service } from "./types.ts";

const VERSION = "v0.31.0";
const PROBE_TIMEOUT_MS = 2_000;

/** Receives DogStatsD over UDP and shows what arrived at /metrics. */
export const statsd: Service = {
  name: "statsd",
  version: VERSION,
  ports: ["dogstatsd", "metrics"],
  needs: { run: [], install: ["go"] },
  installSeconds: "30 to 60",
  install: (folder) => goInstall(`github.com/prometheus/statsd_exporter@${VERSION}`, folder),
  prepare: () => Promise.resolve(),

  command: (place) => ({
    file: join(place.install, "statsd_exporter"),
    args: [
      `--statsd.listen-udp=${HOST}:${place.ports.dogstatsd}`,
      "--statsd.listen-tcp=",
      `--web.listen-address=${HOST}:${place.ports.metrics}`,
    ],
  }),

  async probe(ports) {
    const response = await fetch(`http://${HOST}:${ports.metrics}/metrics`, {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok || !text.includes("statsd_exporter_udp_packets_total")) {
      throw new Error(`/metrics answered ${response.status} without the receiver's own counters`);
    }
  },
};
