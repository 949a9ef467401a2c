/** Model patterns: `*` stands for any run of characters, also across `/`; everything else is literal. */
export function compilePattern(pattern: string): (name: string) => boolean {
  if (pattern === "*") return () => true;
  const source = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const regex = new RegExp(`^${source.join(".*")}$`, "s");
  return (name) => regex.test(name);
}
