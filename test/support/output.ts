/** An Output that keeps what is written. */
import type { Output } from "../../src/streams.ts";

export interface MemoryOutput extends Output {
  text(): string;
}

export function memoryOutput(options: { readonly isTTY?: boolean; readonly columns?: number } = {}): MemoryOutput {
  const parts: string[] = [];
  return {
    isTTY: options.isTTY ?? false,
    columns: options.columns ?? 80,
    text: () => parts.join(""),
    async write(part) {
      parts.push(typeof part === "string" ? part : new TextDecoder().decode(part));
    },
  };
}
