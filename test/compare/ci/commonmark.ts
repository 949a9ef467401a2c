/** Markdown read by the rules of CommonMark, as far as our own needs it. */
import { expect } from "vitest";

/** The text without code spans and fenced blocks: what a browser would take for markup. */
export function outsideCode(markdown: string): string {
  const lines: string[] = [];
  let fence = "";
  for (const line of markdown.split("\n")) {
    const [run = ""] = /^`{3,}/.exec(line) ?? [];
    if (fence === "" && run !== "") fence = run;
    else if (fence !== "") {
      if (line.trim() === fence) fence = "";
    } else lines.push(line);
  }
  expect(fence).toBe("");
  return lines.map((line) => line.replace(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, "")).join("\n");
}
