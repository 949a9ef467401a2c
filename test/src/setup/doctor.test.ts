/** The checks of `doctor`, through the command line: each thing outside that is wrong is named, with how to mend it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { runCli } from "../../support/cli.ts";
import { listenDogstatsd } from "../../support/dogstatsd.ts";

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint?: string;
}

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-doctor-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function diagnose(config: object): Promise<{ code: number | null; named: (name: string) => Outcome }> {
  await writeFile(join(dir, "cutover.yaml"), JSON.stringify(config));
  const { code, stdout } = await runCli(["doctor", "--json"], { cwd: dir });
  const { checks } = JSON.parse(stdout) as { checks: Outcome[] };
  const named = (name: string): Outcome => {
    const found = checks.find((check) => check.name.startsWith(name));
    if (!found) throw new Error(`no check ${name}: ${stdout}`);
    return found;
  };
  return { code, named };
}

describe("doctor", { timeout: 60_000 }, () => {
  test("tells the room of a local store, also when its folder is not there yet", async () => {
    const { named } = await diagnose({ store: "./not/there/yet" });
    expect(named("disk of")).toMatchObject({ ok: true, detail: expect.stringMatching(/^\d+\.\d GiB free$/) });
  });

  test.skipIf(process.platform !== "linux")("refuses a disk without room", async () => {
    const { code, named } = await diagnose({ store: "/proc/none" });
    expect(code).toBe(2);
    expect(named("disk of")).toMatchObject({ ok: false, detail: expect.stringMatching(/^0.0 GiB free/) });
    expect(named("disk of").hint).toContain("make room");
  });

  test.each([
    ["the same as here", 0, true, /^the same as here|^\d\.\d s/],
    ["a little off", 20_000, true, /^(19|20)\.\d s ahead of this machine$/],
    ["minutes ahead", 600_000, false, /its clock is \d{3}\.\d s ahead of this machine/],
    ["minutes behind", -600_000, false, /its clock is \d{3}\.\d s behind this machine/],
  ])("holds the clock of the S3 server against ours: %s", async (_name, skewMs, ok, detail) => {
    const server = createServer((_request, response) => {
      response.sendDate = false;
      response.writeHead(403, { date: new Date(Date.now() + skewMs).toUTCString() }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { named } = await diagnose({ store: "s3://bucket", s3: { endpoint } });
    server.closeAllConnections();
    server.close();
    expect(named("clock of")).toMatchObject({ ok, detail: expect.stringMatching(detail) });
    if (!ok) expect(named("clock of").hint).toContain("NTP");
  });

  test("hears whether a DogStatsD port on this machine is closed", async () => {
    const listener = await listenDogstatsd();
    const metrics = { dogstatsd: { url: listener.url } };
    expect((await diagnose({ metrics })).named("dogstatsd")).toMatchObject({ ok: true });
    expect((await listener.drain()).metrics).toEqual([]);
    await listener.close();
    const { code, named } = await diagnose({ metrics });
    expect(code).toBe(2);
    expect(named("dogstatsd")).toMatchObject({ ok: false, detail: expect.stringContaining("nothing listens there") });
    expect(named("dogstatsd").hint).toContain("start the DogStatsD agent");
  });

  test("ends in time although broker and store take connections and never answer", async () => {
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => sockets.push(socket.on("error", () => {})));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const started = performance.now();
    const { code, named } = await diagnose({
      store: "s3://bucket",
      s3: { endpoint: `http://${address}` },
      capture: { source: { kafka: { brokers: [address], topics: ["t"] } } },
    });
    const tookMs = performance.now() - started;
    for (const socket of sockets) socket.destroy();
    server.close();
    expect(code).toBe(2);
    for (const name of ["store", "clock of", "kafka broker", "kafka topics", "kafka group"])
      expect(named(name).ok, name).toBe(false);
    expect(named("capture.memory").ok).toBe(true);
    // Far below what the clients would take by themselves, far above what a busy machine adds.
    expect(tookMs).toBeLessThan(LIMITS.doctorCheckMs + 15_000);
  });
});
