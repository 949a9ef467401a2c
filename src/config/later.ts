/** Names of the design that a later version brings: they are refused as such, not as typing errors. */

/** Keys by the dotted path of the map in which they will stand. */
export const LATER: readonly { readonly where: RegExp; readonly keys: readonly string[] }[] = [
  { where: /^targets\.[^.]+$/, keys: ["price"] },
];
