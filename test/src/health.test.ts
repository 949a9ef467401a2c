import { createServer } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type HealthEndpoint, serveHealth } from "../../src/health.ts";

let endpoint: HealthEndpoint | undefined;
let broken: string[] = [];
afterEach(async () => {
  await endpoint?.close();
  endpoint = undefined;
  broken = [];
});

const host = "127.0.0.1";
async function serve(): Promise<string> {
  endpoint = await serveHealth(
    { host, port: 0 },
    { healthz: () => ({ reasons: [] }), readyz: () => ({ reasons: broken, lag: 7 }) },
  );
  return `http://${host}:${endpoint.port}`;
}

describe("the health endpoint", () => {
  test("answers 200 while nothing is wrong, 503 with the reasons, and 200 again", async () => {
    const url = await serve();
    const ask = async (path: string): Promise<[number, unknown]> => {
      const response = await fetch(`${url}${path}`);
      return [response.status, await response.json()];
    };
    expect(await ask("/healthz")).toEqual([200, { program: "cutover", ok: true, reasons: [] }]);
    expect(await ask("/readyz?verbose")).toEqual([200, { program: "cutover", ok: true, reasons: [], lag: 7 }]);
    broken = ["the store: STORE_UNAVAILABLE"];
    expect(await ask("/readyz")).toEqual([
      503,
      { program: "cutover", ok: false, reasons: ["the store: STORE_UNAVAILABLE"], lag: 7 },
    ]);
    expect((await ask("/healthz"))[0]).toBe(200);
    broken = [];
    expect((await ask("/readyz"))[0]).toBe(200);
  });

  test("knows two paths and reads only", async () => {
    const url = await serve();
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    expect((await fetch(`${url}/readyz`, { method: "POST", body: "x" })).status).toBe(405);
    const head = await fetch(`${url}/readyz`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test("says what to do when the port is taken", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, host, resolve));
    const { port } = other.address() as { port: number };
    try {
      await expect(
        serveHealth({ host, port }, { healthz: () => ({ reasons: [] }), readyz: () => ({ reasons: [] }) }),
      ).rejects.toMatchObject({
        code: "CONFIG",
        details: { place: `capture.health: ${host}:${port}`, received: expect.stringContaining("EADDRINUSE") },
      });
    } finally {
      other.close();
    }
  });

  test("closes although a client holds its connection", async () => {
    await serve();
    const socket = connect(endpoint?.port ?? 0, host);
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.on("error", () => {});
    await endpoint?.close();
    socket.destroy();
  });
});
