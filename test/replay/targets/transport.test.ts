import { afterEach, describe, expect, test } from "vitest";
import { type Reply, UNSENT } from "../../../replay/targets/target.ts";
import { openTransport, type Transport } from "../../../replay/targets/transport.ts";
import { type MisbehavingServer, misbehavingServer } from "../../support/misbehaving-server.ts";

let server: MisbehavingServer;
let transport: Transport;
afterEach(async () => {
  await transport.close();
  await server.close();
});

async function open(): Promise<(mayWrite?: () => boolean) => Promise<Reply | string>> {
  server = await misbehavingServer(() => ({ do: "answer", body: "{}" }));
  transport = openTransport(server.url, { timeout: 5_000, maxResponse: 1_000 });
  const body = Buffer.from("{}");
  const request = { path: "/", headers: { "content-type": "application/json" }, body };
  return (mayWrite) =>
    transport.post({ ...request, mayWrite }, ({ status }) => `answered ${status}` as unknown as Reply);
}

describe("a request that is not to be written any more", () => {
  test("is not, on a new connection and on one that was kept; the next request is served", async () => {
    const post = await open();
    expect(await post(() => false)).toBe(UNSENT);
    expect(server.seen).toHaveLength(0);
    expect(await post(() => true)).toBe("answered 200");
    // Of a connection that is there.
    expect(await post(() => false)).toBe(UNSENT);
    expect(server.seen).toHaveLength(1);
    expect(await post()).toBe("answered 200");
    expect(server.seen).toHaveLength(2);
  });

  test("is asked about when its connection stands, and once", async () => {
    const post = await open();
    let connected = false;
    let asked = 0;
    const answer = post(() => {
      asked++;
      return connected;
    });
    connected = true;
    expect(await answer).toBe("answered 200");
    expect(asked).toBe(1);
  });
});
