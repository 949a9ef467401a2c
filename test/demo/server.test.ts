import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { legacyModel } from "../../demo/model.ts";
import { type ModelServer, serveModel } from "../../demo/server.ts";
import { recordTraffic } from "../../demo/traffic.ts";

describe("a model behind HTTP", () => {
  let server: ModelServer;
  beforeAll(async () => {
    server = await serveModel(legacyModel);
  });
  afterAll(() => server.close());

  const post = (path: string, body: string): Promise<Response> =>
    fetch(`${server.url}${path}`, { method: "POST", body });

  test("answers a ping", async () => {
    expect((await fetch(`${server.url}/ping`)).status).toBe(200);
  });

  test.each(["/invocations", "/endpoints/moderation/invocations"])("answers a review at %s", async (path) => {
    const response = await post(path, '{"text":"you idiot"}');
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual(legacyModel("you idiot"));
  });

  test.each([
    ["broken JSON", "{", 400],
    ["no text", "{}", 400],
    ["a text that is no string", '{"text":5}', 400],
    ["nothing", "", 400],
    ["more than 1 MiB", `{"text":"${"x".repeat(1024 * 1024)}"}`, 413],
  ])("refuses %s with a status and a class", async (_name, body, status) => {
    const response = await post("/invocations", body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { class: expect.any(String) } });
  });

  test("does not know other paths", async () => {
    expect((await post("/else", "{}")).status).toBe(404);
  });

  test("takes a free port when the wanted one is taken", async () => {
    const port = Number(new URL(server.url).port);
    const other = await serveModel(legacyModel, port);
    expect(other.url).not.toBe(server.url);
    await other.close();
  });

  test("recorded traffic holds the bytes that were sent and answered, in order", async () => {
    const texts = ["fine", 'a "quoted" crétin', "line\nbreak 👍"];
    const lines = await recordTraffic(texts, {
      url: server.url,
      model: "m",
      idPrefix: "r",
      startedAt: 1000,
      concurrency: 2,
    });
    const messages = lines.map((line) => JSON.parse(line));
    expect(messages.map(({ id, input }) => [id, input.text])).toEqual(texts.map((text, i) => [`r-${i}`, text]));
    for (const [i, line] of lines.entries()) {
      expect(line).toContain(`"output":${JSON.stringify(legacyModel(texts[i] as string))}}`);
    }
  });
});
