import { memoryStore } from "../../../src/store/memory.ts";
import { testStore } from "./conformance.ts";

testStore({ name: "memory", open: async () => memoryStore(), manyObjects: 1_200 });
