import { Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BrokerConnection, Responses, takeResponses } from "../../../src/kafka/socket.ts";

function framed(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

describe("responses of a broker", () => {
  test("come out whole and in order, however the stream was cut", () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 60 }), (all, cuts) => {
        const stream = Buffer.concat(all.map(framed));
        const responses = new Responses();
        const found: Buffer[] = [];
        // Read into one buffer again and again, as a socket does: what was handed on must not change.
        const shared = Buffer.alloc(12);
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = Math.min(cuts[i % cuts.length] as number, stream.length - at);
          stream.copy(shared, 0, at, at + size);
          found.push(...responses.take(shared.subarray(0, size)));
          at += size;
        }
        expect(found).toEqual(all.map(framed));
      }),
    );
  });

  test.each([
    ["the first bytes of a web page", Buffer.from("HTTP/1.1 400 Bad Request")],
    ["a negative length", Buffer.from([0xff, 0xff, 0xff, 0xff])],
  ])("%s are refused", (_, bytes) => {
    expect(() => new Responses().take(bytes)).toThrow(/not a Kafka broker/);
  });
});

describe("a connection", () => {
  function connection() {
    const answered: { correlationId: number; payload: string }[] = [];
    const fake = {
      socket: new Socket(),
      authHandlers: null as BrokerConnection["authHandlers"],
      authExpectResponse: false,
      requestQueue: {
        fulfillRequest: ({ correlationId, payload }: { correlationId: number; payload: Buffer }) =>
          answered.push({ correlationId, payload: payload.toString() }),
      },
      processData: takeResponses,
    };
    return { fake, answered, take: (piece: Buffer) => fake.processData(piece) };
  }
  const response = (correlationId: number, payload: string): Buffer => {
    const number = Buffer.alloc(4);
    number.writeInt32BE(correlationId);
    return framed(Buffer.concat([number, Buffer.from(payload)]));
  };

  test("gives each response to the request of its number", () => {
    const { answered, take } = connection();
    take(Buffer.concat([response(7, "seven"), response(8, "")]));
    expect(answered).toEqual([
      { correlationId: 7, payload: "seven" },
      { correlationId: 8, payload: "" },
    ]);
  });

  test("made anew knows nothing of what the broken one left unfinished", () => {
    const { fake, answered, take } = connection();
    take(response(1, "cut").subarray(0, 9));
    fake.socket = new Socket();
    take(response(2, "whole"));
    expect(answered).toEqual([{ correlationId: 2, payload: "whole" }]);
  });

  test("that logs in is given what the broker says, whole where it is a response", () => {
    const { fake, take } = connection();
    const said: string[] = [];
    fake.authHandlers = { onSuccess: (bytes) => void said.push(Buffer.from(bytes).toString("hex")) };
    take(Buffer.from("raw"));
    fake.authExpectResponse = true;
    const whole = framed(Buffer.from("ok"));
    take(whole.subarray(0, 5));
    take(whole.subarray(5));
    expect(said).toEqual([Buffer.from("raw").toString("hex"), whole.toString("hex")]);
  });

  test("to what is no broker is broken off", async () => {
    const { fake, take } = connection();
    const failed = new Promise<Error>((resolve) => fake.socket.once("error", resolve));
    take(Buffer.from("HTTP/1.1 400 Bad Request"));
    expect((await failed).message).toMatch(/not a Kafka broker/);
  });
});
