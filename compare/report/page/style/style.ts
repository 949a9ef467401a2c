/** The report's one style sheet. */
import { CARDS_STYLE } from "./cards.ts";
import { LAYOUT } from "./layout.ts";
import { MEDIA } from "./media.ts";
import { TABLES } from "./tables.ts";
import { TOKENS } from "./tokens.ts";

export const PAGE_STYLE = [TOKENS, LAYOUT, TABLES, CARDS_STYLE, MEDIA].join("");
