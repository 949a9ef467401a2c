/**
 * Members of a JSON object as the bytes that stand there: nothing is parsed and printed. A text when it is no such
 * object, or names a member twice. Bytes above ASCII are held to nothing: they can only stand inside strings.
 */
export function rawMembers(json: Buffer): ReadonlyMap<string, Buffer> | string {
  try {
    // All that JSON is made of is ASCII, so as Latin-1 its form can be held against the parser byte for byte.
    JSON.parse(json.toString("latin1"));
  } catch {
    return "no JSON";
  }
  let at = blank(json, 0);
  if (json[at] !== CHAR["{"]) return "no JSON object";
  const members = new Map<string, Buffer>();
  at = blank(json, at + 1);
  while (json[at] !== CHAR["}"]) {
    const nameEnd = stringEnd(json, at);
    const name = JSON.parse(json.toString("utf8", at, nameEnd)) as string;
    const start = blank(json, blank(json, nameEnd) + 1);
    const end = valueEnd(json, start);
    if (members.has(name)) return `member ${JSON.stringify(name)} twice`;
    members.set(name, json.subarray(start, end));
    at = blank(json, end);
    if (json[at] === CHAR[","]) at = blank(json, at + 1);
  }
  return members;
}

const CHAR = { "{": 0x7b, "}": 0x7d, "[": 0x5b, "]": 0x5d, ",": 0x2c, '"': 0x22, "\\": 0x5c } as const;

/** First byte at or after `at` that is no white space. */
function blank(json: Buffer, at: number): number {
  let here = at;
  while (isBlank(json[here])) here++;
  return here;
}

/** After the quote that closes the string at `start`. */
function stringEnd(json: Buffer, start: number): number {
  let at = start + 1;
  while (json[at] !== CHAR['"']) at += json[at] === CHAR["\\"] ? 2 : 1;
  return at + 1;
}

/** After the value at `start`; its form is known to be sound. */
function valueEnd(json: Buffer, start: number): number {
  if (json[start] === CHAR['"']) return stringEnd(json, start);
  let depth = 0;
  let at = start;
  for (;;) {
    const byte = json[at];
    if (byte === CHAR['"']) {
      at = stringEnd(json, at);
      continue;
    }
    if (byte === CHAR["{"] || byte === CHAR["["]) depth++;
    else if (byte === CHAR["}"] || byte === CHAR["]"]) {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (byte === CHAR[","] || isBlank(byte))) return at;
    at++;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
