/** Addresses within the page: its state stands behind the `#`, read again by the script's `readState`. */

/** A model's name as it stands in the URL: the same text, unless it is no valid Unicode. */
export function modelKey(name: string): string {
  return name.toWellFormed();
}

export function modelHash(name: string): string {
  return `#model=${encodeURIComponent(modelKey(name))}`;
}

/** A group, of a model when the page has several. */
export function groupHash(fingerprint: string, model: string | null): string {
  const group = `group=${encodeURIComponent(fingerprint.toWellFormed())}`;
  return model === null ? `#${group}` : `${modelHash(model)}&${group}`;
}
