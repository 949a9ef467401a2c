/** Names of the design that a later version brings: they are refused as such, not as typing errors. */

export const LATER_RULES: readonly string[] = ["ulp", "decimal", "time", "topk", "rank", "vector", "probs", "custom"];

/** Keys by the dotted path of the map in which they will stand. */
export const LATER: readonly { readonly where: RegExp; readonly keys: readonly string[] }[] = [
  { where: /^targets\.[^.]+$/, keys: ["command", "module", "rate", "price", "production"] },
  { where: /^targets\.[^.]+\.concurrency$/, keys: ["adaptive"] },
  { where: /^targets\.[^.]+\.retry$/, keys: ["budget"] },
  { where: /^models\..+\.rules\[\d+\]$/, keys: ["use"] },
];
