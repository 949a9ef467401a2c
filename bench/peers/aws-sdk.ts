/** Peer: `SageMakerRuntimeClient.send(InvokeEndpointCommand)`, default handler, 64 in flight; answers counted and dropped. */
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { setting } from "./consume.ts";

const IN_FLIGHT = 64;
const wanted = Number(setting("RECORDS"));
const client = new SageMakerRuntimeClient({
  region: "us-east-1",
  endpoint: setting("URL"),
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  requestHandler: { httpAgent: { maxSockets: IN_FLIGHT, keepAlive: true } },
});
const body = Buffer.from(`{"input":"${"lorem ipsum ".repeat(84)}"}`.padEnd(1024));

let sent = 0;
async function worker(): Promise<void> {
  while (sent++ < wanted) {
    await client.send(new InvokeEndpointCommand({ EndpointName: "ep1", ContentType: "application/json", Body: body }));
  }
}
const started = performance.now();
await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
const seconds = (performance.now() - started) / 1000;
client.destroy();
process.stdout.write(`${JSON.stringify({ seconds, records: wanted })}\n`);
