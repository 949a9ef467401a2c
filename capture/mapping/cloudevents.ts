/** CloudEvents on Kafka: which messages are events, and in which of the two modes. Pure. */
import type { Header } from "../port.ts";
import { Reject } from "./reject.ts";

export type EventMode = "structured" | "binary";

const STRUCTURED = "application/cloudevents";
const ATTRIBUTE = "ce_";

/** By the headers alone, message by message; a message that is no event, or several, is `not_event`. */
export function eventMode(headers: readonly Header[]): EventMode {
  const type = headerText(headers, "content-type")?.trim().toLowerCase() ?? "";
  if (type.startsWith(STRUCTURED)) {
    const format = /^[^;\s]*/.exec(type.slice(STRUCTURED.length))?.[0] ?? "";
    if (format === "" || format === "+json") return "structured";
    const problem = format.startsWith("-batch") ? "a batch of events, one message has to be one" : "not in JSON";
    throw new Reject("not_event", `content-type ${JSON.stringify(type.slice(0, 80))}: ${problem}`);
  }
  for (const [name] of headers) if (name.toLowerCase().startsWith(ATTRIBUTE)) return "binary";
  throw new Reject(
    "not_event",
    `expected a content-type that starts ${STRUCTURED}, or headers ${ATTRIBUTE}*; received ${headers.length} other headers`,
  );
}

/** The header in which binary mode keeps an attribute: the content's type is the message's own. */
export function attributeHeader(name: string): string {
  return name === "datacontenttype" ? "content-type" : `${ATTRIBUTE}${name}`;
}

function headerText(headers: readonly Header[], wanted: string): string | undefined {
  for (const [name, value] of headers) if (name.toLowerCase() === wanted) return Buffer.from(value).toString("latin1");
  return undefined;
}
