/**
 * What values from outside may try, and where a value of outside may stand in a summary: every output is held to the
 * product of both. A new trick is a new line here, and is then tried on every output.
 */
import type { Group, ModelSummary, Summary } from "../../compare/summary.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Name of the trick → the text. */
export const HOSTILE: Readonly<Record<string, string>> = {
  "end of a script": "</script><script>alert(1)</script>",
  "end of a comment, CDATA and style": "--><!--]]></style></title></textarea><svg onload=alert(1)>",
  "an image that runs": '"><img src=x onerror=alert(1)>',
  "quotes of attributes": "\" onfocus=alert(1) autofocus x='",
  "entities of HTML": "&lt;b&gt;&#x3c;script&#x3e;&amp;",
  "a template literal": "`${7*7}` ${process.env.HOME} {{7*7}} {{#is_alert}}@pagerduty{{/is_alert}}",
  "a command of GitHub": "::error::pwned",
  "a command of GitHub on a new line": "x\n::error file=a.ts,line=1::pwned\n::add-mask::x",
  "a command of GitHub behind a carriage return": "x\r::set-output name=a::b\r\n::stop-commands::t",
  "an escaped command of GitHub": "%0A::warning::pwned%0D%0A::error::x%25",
  "a command of Azure and the old runner": "##[error]pwned ##vso[task.setvariable variable=a]b",
  "properties of an annotation": "a,file=/etc/passwd,line=1::b",
  "ANSI colours": "\u001b[31mred\u001b[0m\u001b[2J\u001b[1;1H",
  "an OSC link, title and clipboard":
    "\u001b]8;;http://evil\u0007x\u001b]8;;\u0007\u001b]0;t\u0007\u001b]52;c;eA==\u001b\\",
  "C1 controls": "\u009b31m\u0090q\u009c\u0085",
  "NUL and control characters": "a\u0000b\u0007\u0008\u000b\u000c\u007f",
  "line and paragraph separators": "a\u2028::error::b\u2029c",
  "right to left override": "\u202egnp.exe\u202c",
  "bidi isolates and marks": "\u2066a\u2067b\u2068c\u2069\u200e\u200f\u061c",
  "zero-width and soft hyphen": "a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg",
  "tag characters": "a\u{e0041}\u{e0042}\u{e007f}",
  "a lone high surrogate": "a\ud800b",
  "a lone low surrogate": "a\udc00b",
  noncharacters: "a\ufffe\uffffb",
  "a link and an image of Markdown": "[x](http://evil) ![x](http://evil/x.png) <http://evil> http://evil",
  "a table of Markdown": "a | b |\n|---|---|\n| c | d |",
  "blocks of Markdown": "\n# x\n- y\n> z\n```\ncode\n```\n***\n",
  "code spans of Markdown": "a`b``c```d ` ``",
  "HTML in Markdown": "<details><summary>x</summary><script>alert(1)</script></details><!--",
  mentions: "@all @here @team/name @pagerduty-oncall #12 GH-12",
  "sections of DogStatsD": "a|#env:prod,model:b|@0.1|c:x|T1",
  "a line of DogStatsD": "x:1|c\ncutover.mismatched:99999|c|#model:a\n_sc|cutover.gate|0\n_e{1,1}:a|b",
  "commas, colons and equals": "a,b:c,d=e;f,:",
  "Datadog's Markdown": "%%% \n# x\n[a](http://evil)\n %%%",
  "a word of a shell": "--run;$(rm -rf /) `id` '$HOME' \\",
  "a member of every object": "__proto__",
  "a method of every object": "constructor",
  "a formula of a spreadsheet": "=cmd|' /C calc'!A0",
  "a long text": "x".repeat(1 * MIB),
  "a long text of four-byte characters": "😀".repeat(256 * KIB),
  "a long text of line breaks": "\n::error::x".repeat(100_000),
};

/** Place of the summary → the summary with the text in that place. */
export const HOSTILE_PLACES: Readonly<Record<string, (base: Summary, text: string) => Summary>> = {
  "the name of a model": (base, text) => {
    const [[name, model] = ["", undefined], ...others] = Object.entries(base.models);
    // Null prototype: a model may be called `__proto__`.
    const models = Object.assign(Object.create(null), Object.fromEntries(others));
    Object.defineProperty(models, text, { value: model, enumerable: true });
    const named = (group: Group): Group => (group.model === name ? { ...group, model: text } : group);
    return { ...base, models, ready: [text], groups: base.groups.map(named), reasons: [`${text}: fails`] };
  },
  "the path of a field": (base, text) => {
    const fields = Object.defineProperty({}, text, {
      value: { number: { n: 9, k: 9, kinds: { value: 9 } } },
      enumerable: true,
    });
    const pathed = (group: Group): Group => ({
      ...group,
      path: text,
      examples: group.examples.map((example) => ({ ...example, path: text })),
    });
    return { ...inModels(base, { fields, uncovered: [text] }), groups: base.groups.map(pathed) };
  },
  "a value": (base, text) => inExamples(base, { legacy: text, candidate: `${text}.` }),
  "an id": (base, text) => inExamples(base, { id: text, position: text }),
  "the input of an exemplar": (base, text) =>
    inExamples(base, { input: text, neighbour: { position: text, id: text, input: text } }),
  "the detail of an error": (base, text) => ({
    ...inModels(base, { reasons: [text], verdict: "error" }),
    verdict: "error",
    exitCode: 5,
    reasons: [text],
    problems: [{ place: text, message: text }],
  }),
  "the class of an error and the reason of a skip": (base, text) => {
    const counts = Object.defineProperty({}, text, { value: 3, enumerable: true });
    const skippedBy = (of: Summary["coverage"]): Summary["coverage"] => ({ ...of, skippedBy: counts });
    const errors = inModels(base, { errors: counts });
    return {
      ...errors,
      coverage: skippedBy(base.coverage),
      models: mapModels(errors, (model) => ({ coverage: skippedBy(model.coverage) })),
    };
  },
  "the reason of a waiver": (base, text) => ({
    ...base,
    waivers: [{ fingerprint: text, reason: text, owner: text, expires: text, pairs: 3 }],
  }),
  "a rule": (base, text) => {
    const rule = { pattern: text, index: 0, path: text, type: text };
    return { ...base, unusedRules: [rule], expiredRules: [rule] };
  },
  "what triage says": (base, text) => ({
    ...base,
    groups: base.groups.map((group) => ({ ...group, cause: text, slice: text, direction: text, magnitude: text })),
    explanations: [{ model: text, text, by: "slice", groups: [text], count: 3, share: 0.5 }],
  }),
  "a version of the model": (base, text) =>
    inModels(base, {
      versions: [
        { version: text, n: 3, k: 1 },
        { version: "2", n: 3, k: 0 },
      ],
    }),
  "the run and its target": (base, text) => ({ ...base, run: text, target: text, rules: text, version: text }),
};

function inModels(base: Summary, more: Partial<ModelSummary>): Summary {
  return { ...base, models: mapModels(base, () => more) };
}

function mapModels(base: Summary, more: (model: ModelSummary) => Partial<ModelSummary>): Summary["models"] {
  return Object.fromEntries(Object.entries(base.models).map(([name, model]) => [name, { ...model, ...more(model) }]));
}

function inExamples(base: Summary, more: Partial<Group["examples"][number]>): Summary {
  const changed = (group: Group): Group => ({
    ...group,
    exemplars: group.examples.map(({ position }) => more.position ?? position),
    examples: group.examples.map((example) => ({ ...example, ...more })),
  });
  return { ...base, groups: base.groups.map(changed) };
}
