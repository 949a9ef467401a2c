/**
 * Texts of DogStatsD. The protocol has no escapes: what would end a field, a line or begin a tag must not be in them,
 * and neither may what Datadog reads more into. hot-shots passes messages of checks and titles of events as they are.
 */
import { sha256Hex } from "./hash.ts";
import { LIMITS } from "./limits.ts";

/**
 * A tag's value as Datadog keeps it: lower case; letters, digits and `_-:./`, anything else as `_`. Done here, so that
 * every receiver shows the same name, and monitors can name it. A long one ends in a hash of the whole.
 */
export function tagValue(text: string): string {
  const most = LIMITS.metricTagChars;
  if (text.length > most)
    return `${tagValue(text.slice(0, most - HASH_CHARS - 1))}_${sha256Hex(text).slice(0, HASH_CHARS)}`;
  const kept = text.toLowerCase().replace(/[^\p{L}\p{N}_\-:./]/gu, "_");
  // A tag may not end in a colon, and one without a value is dropped.
  return kept.replace(/:$/, "_") || "none";
}

const HASH_CHARS = 8;

/** A word of a closed set as a tag; what comes from outside and is no word, is none of the set. */
export function tagWord(text: string): string {
  return /^[A-Za-z][A-Za-z0-9_]{0,47}$/.test(text) ? text : "other";
}

/** One line of printable ASCII: hot-shots counts an event's length in UTF-16 units where the protocol wants bytes. */
export function eventTitle(text: string): string {
  return cut(calm(text.slice(0, LIMITS.metricTextChars)).replace(/\n+/g, " "), LIMITS.metricTitleChars);
}

/** Lines of printable ASCII. */
export function eventText(text: string): string {
  return cut(calm(text.slice(0, LIMITS.metricTextChars)), LIMITS.metricTextChars);
}

/** One line without `|`, and without the mark of the message itself, after which agents read on. */
export function checkMessage(text: string): string {
  return eventTitle(text.slice(0, LIMITS.metricTextChars)).replaceAll("|", "/").replaceAll("m:", "m ");
}

/** In an event `@name` notifies a person, and `%%%` begins Markdown: from a value neither may. */
function calm(text: string): string {
  return text
    .replace(/[^\n\x20-\x7e]/gu, "?")
    .replaceAll("@", "(at)")
    .replace(/%(?=%%)/g, "% ");
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 3)}...`;
}
