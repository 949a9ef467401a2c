/** Command lines that are printed to be copied: words as a shell reads them back, and the flags that they need. */

/** A word of a command line, quoted when a shell would read more into it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Flag → its value; true for one that takes none, undefined for one that is left out. */
export type Flags = Readonly<Record<`--${string}`, string | true | undefined>>;

/** Flags as words. A value that begins with `-` stands in the flag's own word, else it would be read as another flag. */
export function flagWords(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([flag, value]) => {
    if (value === undefined) return [];
    if (value === true) return [flag];
    return /^-./.test(value) ? [`${flag}=${value}`] : [flag, value];
  });
}

/** The flags that say where everything stands, as the user wrote them; what the config or the environment says is not here. */
export interface Given {
  readonly config?: string | undefined;
  readonly store?: string | undefined;
}

/** Without them a printed command would look elsewhere. */
export function givenFlags({ config, store }: Given = {}): Flags {
  return { "--config": config, "--store": store };
}

/** A text with the given flags put into every command of ours in it, right behind the program's name. */
export function carryFlags(text: string, given: Given, commands: readonly string[]): string {
  const words = flagWords(givenFlags(given));
  if (words.length === 0) return text;
  const ours = new RegExp(`\\bcutover (?=(?:${commands.join("|")})(?![\\w-]))`, "g");
  return text.replace(ours, () => `cutover ${words.map(shellWord).join(" ")} `);
}
