#!/usr/bin/env node
// Nothing is imported before the version is checked, and nothing here is newer than ES2020: an old Node must get as far as the message.
const needed = [22, 18];
const found = process.versions.node;
const [major = 0, minor = 0] = found.split(".").map(Number);

if (major < (needed[0] as number) || (major === needed[0] && minor < (needed[1] as number))) {
  process.stderr.write(
    `error: cutover needs Node ${needed.join(".")} or newer, this is Node ${found} (${process.execPath})\n` +
      "  next:     install Node 24 from https://nodejs.org/en/download, or run: npx -p node@24 -p cutover cutover …\n",
  );
  process.exitCode = 2;
} else {
  start().catch((error) => {
    process.stderr.write(`error: cutover could not start, which is a bug\n${error?.stack ?? error}\n`);
    process.exitCode = 70;
  });
}

async function start(): Promise<void> {
  const { keepHeapSmall } = await import("./memory.ts");
  keepHeapSmall();
  // Compiled code is kept in the system's temporary folder, which halves the start; NODE_DISABLE_COMPILE_CACHE=1 turns it off.
  const { enableCompileCache } = await import("node:module");
  enableCompileCache();
  const { main } = await import("./cli.ts");
  await main();
}

export {};
