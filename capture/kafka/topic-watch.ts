/**
 * Whether the topics are still those that reading began with. A topic that is deleted and created again goes by the
 * same name, and a consumer may never notice: its next fetch finds other messages at the same positions.
 */
import type { Clock } from "../../src/clock.ts";
import { CutoverError, messageOf } from "../../src/errors.ts";
import type { Logger } from "../../src/log.ts";
import type { KafkaClient } from "./kafka.ts";
import type { TopicIds } from "./wire.ts";

/** How often the ids are asked for while nothing is written. */
const CHECK_MS = 3_000;
/** A broker that has just started may not know a topic yet: only one that stays away is gone. */
const GONE_MS = 15_000;
/** A put waits so long at most: a broker that does not answer has replaced nothing meanwhile. */
const CONFIRM_MS = 5_000;

export interface WatchParts {
  readonly client: Pick<KafkaClient, "topicIds">;
  readonly topics: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

export class TopicWatch {
  readonly #parts: WatchParts;
  #ids: TopicIds = new Map();
  readonly #missingSince = new Map<string, number>();
  #checkedAt = 0;
  #checking = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Before anything is fetched: what is read later is held against these ids. */
  async start(): Promise<void> {
    this.#ids = (await this.#ask()) ?? new Map();
    this.#checkedAt = this.#parts.clock.monotonic();
    if (this.#ids.size === 0) this.#parts.log.debug("the broker tells no topic ids: logs are compared by content");
  }

  idOf(topic: string): string | undefined {
    return this.#ids.get(topic) ?? undefined;
  }

  /**
   * Rejects with LEDGER_CONFLICT when the topic is another one than at the start. Ids are never given twice: as long
   * as it is the same, all that was read in between is the topic's. A topic that is gone has not been replaced.
   */
  async confirm(topic: string): Promise<void> {
    const before = this.idOf(topic);
    if (before === undefined) return;
    const now = (await this.#ask())?.get(topic);
    if (now && now !== before) throw replaced(topic, before, now);
  }

  /** Asks now and then; rejects when a topic was replaced or has gone. */
  async tick(): Promise<void> {
    const { clock } = this.#parts;
    if (this.#checking || this.#ids.size === 0 || clock.monotonic() - this.#checkedAt < CHECK_MS) return;
    this.#checking = true;
    try {
      const ids = await this.#ask();
      for (const [topic, before] of this.#ids) if (before) this.#hold(topic, before, ids?.get(topic));
    } finally {
      this.#checking = false;
      this.#checkedAt = clock.monotonic();
    }
  }

  #hold(topic: string, before: string, now: string | null | undefined): void {
    if (now !== null) this.#missingSince.delete(topic);
    if (now && now !== before) throw replaced(topic, before, now);
    if (now !== null) return;
    const at = this.#parts.clock.monotonic();
    const since = this.#missingSince.get(topic) ?? at;
    this.#missingSince.set(topic, since);
    if (at - since < GONE_MS) return;
    throw new CutoverError("SOURCE_UNUSABLE", `topic ${topic} was deleted while it was read`, {
      place: "capture.source.kafka.topics",
      hint: "what was captured of it is kept; take it out of the topics to go on with the others",
    });
  }

  /** Undefined when it cannot be told now. */
  async #ask(): Promise<TopicIds | undefined> {
    const { client, topics, log } = this.#parts;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, CONFIRM_MS, undefined);
    });
    const asked = client.topicIds(topics).catch((error: unknown) => {
      log.debug("topic ids not known", { error: messageOf(error) });
      return undefined;
    });
    const ids = await Promise.race([asked, late]);
    clearTimeout(timer);
    return ids;
  }
}

function replaced(topic: string, before: string, now: string): CutoverError {
  return new CutoverError("LEDGER_CONFLICT", `topic ${topic} was deleted and created again while it was read`, {
    expected: `topic id ${before}`,
    received: `topic id ${now}`,
    hint: "capture the new topic into another store (store: in cutover.yaml), or move the old captures of it away",
  });
}
