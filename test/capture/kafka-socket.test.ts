import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Responses } from "../../capture/kafka-socket.ts";

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
