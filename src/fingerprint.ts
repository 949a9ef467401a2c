/** The names of groups, as waivers, diffs and `--only group:` hold them. */

/** Version of the parts and their order: a change makes new names. */
export const FINGERPRINT_SCHEME = "2";

/** `2:` and 12 hex digits; of a group of one shape of text, a dot and 8 more. */
export const FINGERPRINT = new RegExp(`^${FINGERPRINT_SCHEME}:[0-9a-f]{12}(?:\\.[0-9a-f]{8})?$`);

/** Of an earlier scheme: it names no group any more. */
export const OLDER_FINGERPRINT = /^1:[0-9a-f]{12}$/;

/** Whether a finding of this fingerprint is of the group: its own, or one of the shapes that the group stands for. */
export function isOfGroup(fingerprint: string, group: string): boolean {
  return fingerprint === group || (fingerprint.startsWith(group) && fingerprint[group.length] === ".");
}
