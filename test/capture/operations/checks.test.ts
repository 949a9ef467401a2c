import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { behind } from "../../../capture/operations/checks-kafka.ts";
import { type Machine, machineChecks } from "../../../capture/operations/checks-machine.ts";
import { configSchema, type WrittenConfig } from "../../../src/config/schema.ts";
import { serveHealth } from "../../../src/health.ts";

const MIB = 1024 ** 2;
const LARGE: Machine = { total: 16_384 * MIB, allowed: undefined };

async function check(name: string, capture: WrittenConfig["capture"], machine = LARGE): Promise<string> {
  const found = machineChecks(configSchema.parse({ capture }).capture, machine).find((one) =>
    one.name.startsWith(name),
  );
  if (!found) throw new Error(`no check ${name}`);
  return found.run(new AbortController().signal);
}

describe("the memory that capture may take", () => {
  test("fits the machine, or the container when that has less", async () => {
    expect(await check("capture.memory", {})).toBe("512.0 MiB; this machine has 16384.0 MiB");
    const container = { total: LARGE.total, allowed: 1024 * MIB };
    expect(await check("capture.memory", {}, container)).toBe("512.0 MiB; the limit of this container is 1024.0 MiB");
  });

  test.each<[Machine, string]>([
    [{ total: 512 * MIB, allowed: undefined }, "this machine has 512.0 MiB"],
    [{ total: LARGE.total, allowed: 512 * MIB }, "the limit of this container is 512.0 MiB"],
  ])("does not fit %o", async (machine, received) => {
    await expect(check("capture.memory", {}, machine)).rejects.toMatchObject({
      code: "CONFIG",
      details: { received, hint: expect.stringContaining("lower capture.memory to 460.8 MiB") },
    });
  });
});

describe("the rotation", () => {
  test("is one that memory allows; how many ranges of that size fit is said", async () => {
    expect(await check("capture.rotate", {})).toMatch(/^64.0 MiB, 200000 records or 300 s; memory for 1 range /);
    expect(await check("capture.rotate", { memory: "4GiB" })).toMatch(/memory for \d\d ranges/);
  });

  test("is one that is never reached", async () => {
    await expect(check("capture.rotate", { rotate: { bytes: "512MiB" } })).rejects.toMatchObject({
      code: "CONFIG",
      details: { hint: expect.stringMatching(/^lower capture.rotate.bytes, or raise capture.memory to 2560.0 MiB$/) },
    });
  });
});

describe("the health port", () => {
  const host = "127.0.0.1";

  test("is not looked at when none is set", async () => {
    await expect(check("health", {})).rejects.toThrow("no check health");
  });

  test("is free, held by a capture, or taken by something else", async () => {
    expect(await check("health", { health: { port: 0 } })).toBe("free");
    const quiet = { healthz: () => ({ reasons: [] }), readyz: () => ({ reasons: [] }) };
    const ours = await serveHealth({ host, port: 0 }, quiet);
    expect(await check("health", { health: { port: ours.port } })).toBe("a capture answers there");
    await ours.close();
    const other = createServer((_request, response) => response.end("{}"));
    await new Promise<void>((resolve) => other.listen(0, host, resolve));
    const { port } = other.address() as AddressInfo;
    await expect(check("health", { health: { port } })).rejects.toMatchObject({
      code: "CONFIG",
      details: { received: expect.stringContaining("EADDRINUSE"), hint: expect.stringContaining("free port") },
    });
    other.close();
  });
});

test("a group is behind from its commits on, or from what the log still holds", () => {
  const bounds = new Map([
    [0, { low: 10n, high: 100n }],
    [1, { low: 10n, high: 100n }],
    [2, { low: 10n, high: 100n }],
    [3, { low: 0n, high: 0n }],
  ]);
  const hints = new Map([
    [0, { offset: 95n, metadata: "" }],
    [1, { offset: 5n, metadata: "" }],
    [2, { offset: -1n, metadata: "" }],
    [3, { offset: 7n, metadata: "" }],
  ]);
  expect(behind(bounds, hints)).toEqual({ messages: 5 + 90 + 90, fresh: 1 });
});
