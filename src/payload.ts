/** How a payload may stand in a JSON document: by its content type as it is or as a string, else in base64. */

/** `application/json`, `text/json` and every `+json`, with or without parameters. */
export function isJsonType(type: string): boolean {
  return JSON_TYPE.test(type);
}
const JSON_TYPE = /^\s*((application|text)\/json|[^;\s]+\+json)\s*(;|$)/i;

/** Standard base64, padded or not, without white space. */
export function readBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  const bare = text.replace(/={1,2}$/, "");
  const padded = text === bare || text.length % 4 === 0;
  return padded && bytes.toString("base64").replace(/=+$/, "") === bare ? bytes : undefined;
}
