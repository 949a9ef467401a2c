/** Copies a command and says so, on the button and to a screen reader. */
import type { PageElement, PageWindow } from "./dom.ts";

export async function copy(window: PageWindow, button: PageElement): Promise<void> {
  const text = button.dataset.copy ?? "";
  const done = (await toClipboard(window, text)) || bySelection(window, text);
  button.focus({ preventScroll: true });
  const before = button.dataset.label ?? button.textContent ?? "";
  button.dataset.label = before;
  button.textContent = done ? "Copied" : "Could not copy";
  const said = window.document.getElementById("said");
  if (said) said.textContent = done ? `Copied: ${text}` : `Could not copy: ${text}`;
  setTimeout(() => {
    button.textContent = before;
  }, 1500);
}

async function toClipboard(window: PageWindow, text: string): Promise<boolean> {
  try {
    if (!window.navigator.clipboard) return false;
    await window.navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Where the browser gives a page from a file no clipboard. */
function bySelection({ document }: PageWindow, text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

/** Functions of this file, for the page. */
export const COPY = [copy, toClipboard, bySelection];
