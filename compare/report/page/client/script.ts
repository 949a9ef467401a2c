/** The text of the page's script, made of the functions of this folder. */
import { CARDS, cardNode } from "./cards.ts";
import { COPY, copy } from "./copy.ts";
import { build, unpack } from "./dom.ts";
import { stepBack, WALK, walk } from "./keys.ts";
import { foundFields, foundFixed, foundGroups, foundModels, LISTS, show } from "./lists.ts";
import type { Rooms } from "./rooms.ts";
import { START } from "./start.ts";
import { follow, parseState, STATE, writeState } from "./state.ts";
import { arrive, leave, render, select, VIEW } from "./view.ts";

const ROOMS: Rooms = {
  arrive,
  build,
  cardNode,
  copy,
  follow,
  foundFields,
  foundFixed,
  foundGroups,
  foundModels,
  leave,
  parseState,
  render,
  select,
  show,
  stepBack,
  unpack,
  walk,
  writeState,
};

/** A program that needs nothing but the page it stands in. */
export function pageScript(): string {
  const functions = [build, unpack, ...STATE, ...LISTS, ...CARDS, ...COPY, ...WALK, ...VIEW, ...START];
  const rooms = `{ ${Object.keys(ROOMS).join(", ")} }`;
  const text = functions.map(String).join("\n");
  return `"use strict";\n(() => {\n${text}\nstart(window, ${rooms}).catch((error) => failed(document, error));\n})();\n`;
}
