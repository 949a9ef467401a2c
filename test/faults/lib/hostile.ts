/** Payloads and messages that nobody would send, and somebody does. */

/** Payloads that suffer when they are parsed and printed, or cut in the wrong place. All are JSON. */
export const HOSTILE: readonly Buffer[] = [
  "1.0",
  "-0",
  "1e400",
  "9007199254740993",
  `${"7".repeat(400)}.${"0".repeat(20)}`,
  '"\\ud800"',
  '"\\u0041\\/\\u00e9"',
  '{"a":1,"a":2}',
  '{ "b" : [ 1 ,\t2\n] }',
  "[]",
  "[5]",
  "{}",
  "null",
  "true",
  '""',
  '"}],{\\"id\\":\\"x\\""',
  `${"[".repeat(200)}${"]".repeat(200)}`,
  '{"\\u0069d":"not the id","model":"nor the model"}',
]
  .map((text) => Buffer.from(text))
  .concat([Buffer.from('"\xff\xfe\x80"', "latin1"), Buffer.from('{"\ufeff":"\u2028"}')]);

/** Messages that cannot become a record: the reason that the documents give, and what is broken. */
export const BROKEN: readonly (readonly [reason: string, value: (i: number) => string | Buffer])[] = [
  ["bad_json", () => "{"],
  ["bad_json", (i) => `{"id":"r${i}","model":"m","input":1,"output":2} x`],
  ["bad_json", (i) => `{"id":"r${i}","model":"m","input":${"[".repeat(600)}${"]".repeat(600)},"output":2}`],
  ["bad_json", (i) => `{"id":"r${i}","model":"m","input":01,"output":2}`],
  ["bad_field", () => '{"id":7,"model":"m","input":1,"output":2}'],
  ["bad_field", () => Buffer.from('{"id":"\xff","model":"m","input":1,"output":2}', "latin1")],
  ["bad_field", (i) => `{"id":"r${i}","model":"m","input":1,"output":2,"status":"200"}`],
  ["missing_id", () => '{"model":"m","input":1,"output":2}'],
  ["missing_model", (i) => `{"id":"r${i}","input":1,"output":2}`],
  ["missing_input", (i) => `{"id":"r${i}","model":"m","output":2}`],
  ["missing_output", (i) => `{"id":"r${i}","model":"m","input":1}`],
  ["bad_model", (i) => `{"id":"r${i}","model":"../m","input":1,"output":2}`],
  ["duplicate_member", (i) => `{"id":"r${i}","model":"m","input":1,"output":2,"input":3}`],
  ["empty", () => ""],
  ["empty", () => " \n"],
];
