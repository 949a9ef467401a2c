/**
 * What the files of this folder use of each other. Each function's text is put into the page as it stands, so
 * that lint and types hold for it; it may name functions of its own file and browser globals, and takes those
 * of another file as an argument: what imports are called in the text depends on who loads the file.
 */
import type { cardNode } from "./cards.ts";
import type { copy } from "./copy.ts";
import type { build, unpack } from "./dom.ts";
import type { stepBack, walk } from "./keys.ts";
import type { foundFields, foundFixed, foundGroups, foundModels, show } from "./lists.ts";
import type { follow, parseState, writeState } from "./state.ts";
import type { arrive, leave, render, select } from "./view.ts";

export interface Rooms {
  readonly arrive: typeof arrive;
  readonly build: typeof build;
  readonly cardNode: typeof cardNode;
  readonly copy: typeof copy;
  readonly follow: typeof follow;
  readonly foundFields: typeof foundFields;
  readonly foundFixed: typeof foundFixed;
  readonly foundGroups: typeof foundGroups;
  readonly foundModels: typeof foundModels;
  readonly leave: typeof leave;
  readonly parseState: typeof parseState;
  readonly render: typeof render;
  readonly select: typeof select;
  readonly show: typeof show;
  readonly stepBack: typeof stepBack;
  readonly unpack: typeof unpack;
  readonly walk: typeof walk;
  readonly writeState: typeof writeState;
}
