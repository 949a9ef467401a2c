/** A session over any store, silent, for stages that are called as functions. */
import { Readable } from "node:stream";
import { type Clock, systemClock } from "../../src/clock.ts";
import { configSchema, type WrittenConfig } from "../../src/config/schema.ts";
import type { Logger } from "../../src/log.ts";
import type { Session } from "../../src/session.ts";
import type { Store } from "../../src/store/port.ts";

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, progress() {}, flush: async () => {} };

export interface SessionOptions {
  readonly config?: WrittenConfig;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

export function testSession(store: Store, { config = {}, clock = systemClock, signal }: SessionOptions = {}): Session {
  const output = { write: async () => {}, isTTY: false, columns: 80 };
  return {
    config: { ...configSchema.parse(config), modelPatterns: [] },
    configFile: undefined,
    store,
    log: silent,
    metrics: { count() {}, gauge() {}, distribution() {}, check() {}, event() {}, close: async () => {} },
    clock,
    signal: signal ?? new AbortController().signal,
    streams: { stdin: Readable.from([]), stdout: output, stderr: output },
    flags: { json: false, quiet: true, color: false },
    version: "test",
  };
}
