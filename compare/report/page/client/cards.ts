/** Makes cards of what the page carries in short. Pure: data in, nodes out. */
import type { Chart, CommandEnds, Commands, DiffPart, ExampleCard, GroupCard } from "../document.ts";
import type { Vnode } from "../vnode.ts";

/** A card that is open shows everything; a closed one, what tells it from the others. */
export function cardNode(card: GroupCard, open: boolean, commands: Commands, lone: boolean): Vnode {
  const traits = card.traits.map((text): Vnode => ["span", { class: "trait" }, text]);
  if (card.waived !== undefined) traits.push(["span", { class: "trait waived" }, card.waived]);
  if (card.changed !== undefined) traits.push(["span", { class: `trait ${card.change}` }, card.changed]);
  const toggle = { type: "button", class: "toggle", "data-group": card.fingerprint, "data-of": card.model };
  const title: Vnode = ["button", { ...toggle, "aria-expanded": String(open) }, card.path];
  const rule = lone ? `rule ${card.rule}` : `rule ${card.rule} · ${card.model}`;
  const about: Vnode[] = [
    ["h4", { class: "code" }, title],
    ["p", { class: "traits" }, ["span", { class: "kind" }, card.kind], ...traits, ["span", { class: "muted" }, rule]],
  ];
  if (card.cause !== undefined) about.push(["p", { class: "cause" }, card.cause]);
  if (card.slice !== undefined) about.push(["p", { class: "cause" }, card.slice]);
  const [first] = card.examples;
  if (!open && first !== undefined) about.push(glance(first));
  const bar: Vnode = [
    "svg",
    { class: "proportion", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
    ["rect", { class: "track", width: "100", height: "6" }],
    ["rect", { class: "fill", width: String(Math.max(1.5, card.width)), height: "6" }],
  ];
  const times: Vnode = [
    "p",
    { class: "times" },
    ["b", {}, card.count],
    ["span", {}, `${card.share} of mismatches`],
    bar,
  ];
  const header: Vnode = ["header", {}, times, ["div", {}, ...about]];
  return ["article", { class: open ? "card open" : "card" }, header, ...(open ? cardBody(card, commands) : [])];
}

/** Both sides of the first example in one line. */
function glance(example: ExampleCard): Vnode {
  const absent = example.absent ?? "";
  const side = (name: string, at: 1 | 2): Vnode[] =>
    absent.includes(name)
      ? [["i", {}, "absent"]]
      : example.parts.flatMap((part): Vnode[] => (part[at] === "" ? [part[0]] : [part[0], ["mark", {}, part[at]]]));
  const sides: Vnode[] = [
    ["span", { class: "old" }, ...side("legacy", 1)],
    ["span", { class: "to" }, " → "],
    ["span", { class: "new" }, ...side("candidate", 2)],
  ];
  return ["p", { class: "glance code" }, ...sides];
}

function cardBody(card: GroupCard, commands: Commands): Vnode[] {
  const facts: [string, string][] = [["Rate", card.rate]];
  for (const basis of card.basis) facts.push(["Evidence", basis]);
  facts.push(["Fingerprint", card.fingerprint]);
  const told = facts.filter(([, text]) => text !== "");
  const rows = told.flatMap(([name, text]): Vnode[] => [
    ["dt", {}, name],
    ["dd", name === "Fingerprint" ? { class: "code" } : {}, text],
  ]);
  const drawings: Vnode[] = card.charts.map(chartNode);
  const ends: [string, CommandEnds][] = [
    ["the rule that would accept it", commands.suggest],
    ["sending its requests again", commands.replay],
    ["all of its findings", commands.all],
  ];
  const body: Vnode[] = [["dl", { class: "facts" }, ...rows]];
  if (drawings.length > 0) body.push(["div", { class: "drawings" }, ...drawings]);
  const examples = card.examples.map((example) => exampleNode(example, commands));
  if (examples.length > 0) body.push(["ul", { class: "examples" }, ...examples]);
  // A summary is a file that anybody may have written: only a name that a shell reads as it stands goes into a command.
  const plain = /^[\w:.]+$/.test(card.fingerprint);
  const links = (plain ? ends : []).map(
    ([label, command]): Vnode => ["li", {}, copyButton(label, command, card.fingerprint)],
  );
  const actions: Vnode = ["ul", { class: "actions" }, ["li", { class: "muted" }, "Copy the command for"], ...links];
  return [["div", { class: "body" }, ...body, ...(plain ? [actions] : [])]];
}

function exampleNode(example: ExampleCard, commands: Commands): Vnode {
  const where: Vnode[] = [["b", {}, example.why ?? "example"]];
  if (example.delta !== undefined) where.push(["span", { class: "delta" }, example.delta]);
  if (example.path !== undefined) where.push(["span", { class: "code" }, example.path]);
  where.push(["span", { class: "code" }, example.id], ["span", { class: "code muted" }, example.position]);
  // A log's name may begin with what a flag begins with.
  const operand = /^'?-/.test(example.position) ? `-- ${example.position}` : example.position;
  where.push(copyButton("Copy show", commands.show, operand));
  where.push(copyButton("Copy replay", commands.again, example.position));
  const nodes: Vnode[] = [["p", { class: "where" }, ...where], ...diffNodes(example)];
  if (example.input !== undefined) nodes.push(requestNode("request", "", example.input));
  const near = example.neighbour;
  if (near !== undefined) nodes.push(requestNode("agrees", near.id, near.input));
  return ["li", { class: "example" }, ...nodes];
}

/** Legacy above the candidate, letter above letter where they fit a line; what they do not share is marked. */
function diffNodes({ absent = "", aligned, parts }: ExampleCard): Vnode[] {
  const side = (name: string, look: string, own: 1 | 2, sign: number): Vnode => {
    const pieces = (part: DiffPart): Vnode[] => {
      const missing = part[3] * sign;
      const gap: Vnode[] = aligned && missing > 0 ? [["span", { class: "gap" }, " ".repeat(missing)]] : [];
      return [part[0], ...(part[own] === "" ? [] : [["mark", {}, part[own]] as Vnode]), ...gap];
    };
    const text: Vnode[] = absent.includes(name) ? [["i", {}, "absent"]] : parts.flatMap(pieces);
    return ["div", { class: `line ${look}` }, ["span", { class: "side" }, name], ["code", {}, ...text]];
  };
  return [
    ["div", { class: aligned ? "diff aligned" : "diff" }, side("legacy", "old", 1, 1), side("candidate", "new", 2, -1)],
  ];
}

/** The request in one line; of a request that agrees, also its id. */
function requestNode(name: string, id: string, input: string): Vnode {
  const whose: Vnode[] = id === "" ? [] : [["span", { class: "muted" }, `  ${id}`]];
  return ["div", { class: "line asked" }, ["span", { class: "side" }, name], ["code", {}, input, ...whose]];
}

function copyButton(label: string, [before, after]: CommandEnds, about: string): Vnode {
  const command = before + about + after;
  return [
    "button",
    { type: "button", "data-copy": command, title: command, "aria-label": `${label}: ${command}` },
    label,
  ];
}

/** A drawing with its words; what it shows stands below it as a sentence. */
function chartNode(chart: Chart): Vnode {
  const scatter = chart.kind === "scatter";
  const title = scatter ? "Candidate (up) against legacy (across)" : "Share of pairs by size of the difference";
  const guide: Vnode = scatter
    ? ["line", { class: "guide", x1: "0", y1: "120", x2: "120", y2: "0" }]
    : ["line", { class: "guide", x1: "0", y1: "60", x2: "120", y2: "60" }];
  const drawing: Vnode = [
    "svg",
    { class: `drawing ${chart.kind}`, viewBox: "-5 -5 130 130", role: "img", "aria-label": `${title}: ${chart.text}` },
    ["title", {}, title],
    ["desc", {}, chart.text],
    ["rect", { class: "frame", x: "-5", y: "-5", width: "130", height: "130", rx: "4" }],
    guide,
    ["path", { class: "data", d: chart.d }],
  ];
  const axis = scatter ? "legacy →" : "size →";
  const scale: Vnode = [
    "span",
    { class: "ends", "aria-hidden": "true" },
    ["span", {}, chart.from],
    ["span", {}, axis],
    ["span", {}, chart.to],
  ];
  return ["figure", { class: "chartbox" }, drawing, scale, ["figcaption", {}, ["b", {}, title], ` ${chart.text}`]];
}

/** Functions of this file, for the page. */
export const CARDS = [cardNode, glance, cardBody, exampleNode, diffNodes, requestNode, copyButton, chartNode];
