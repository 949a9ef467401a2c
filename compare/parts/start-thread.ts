/** Where a thread of compare begins: compiled code is kept, as `src/bin.ts` has it, before what judges is imported. */
import { enableCompileCache } from "node:module";

enableCompileCache();
await import("./thread.ts");
