/** Peer: k6 with 64 virtual users. It runs in k6's own engine, not in Node. */
import http from "k6/http";

export const options = {
  vus: 64,
  duration: __ENV.DURATION,
  summaryTrendStats: ["med", "p(99)"],
  discardResponseBodies: false,
};
const start = `{"input":"${"lorem ipsum ".repeat(84)}"}`;
const body = start + " ".repeat(1024 - start.length);
const parameters = { headers: { "Content-Type": "application/json" } };

// biome-ignore lint/style/noDefaultExport: k6 runs what a script exports as default
export default function post() {
  http.post(__ENV.URL, body, parameters);
}

export function handleSummary({ metrics, state }) {
  const records = metrics.http_reqs.values.count;
  const faults = metrics.http_req_failed.values.passes;
  return { stdout: `${JSON.stringify({ records, seconds: state.testRunDurationMs / 1000, faults })}\n` };
}
