/** Credentials in hand: asked for once, and again before they run out, while the old ones go on signing. */
import type { Credentials } from "./sigv4.ts";

export interface Identity extends Credentials {
  readonly expiration?: Date | undefined;
}

export interface IdentityCache {
  /** At once while they are good; a promise only where nothing can be signed without waiting. */
  current(): Identity | Promise<Identity>;
}

/** How long before their end credentials are asked for again, as the SDK does. */
const REFRESH_BEFORE_MS = 300_000;
/** Between two tries of a refresh that failed while the old ones are still good. */
const RETRY_AFTER_MS = 10_000;

export function createIdentityCache(provider: () => Promise<Identity>, now: () => number = Date.now): IdentityCache {
  let held: Identity | undefined;
  let refreshAt = Number.POSITIVE_INFINITY;
  let asking: Promise<Identity> | undefined;

  const ask = (): Promise<Identity> => {
    asking ??= provider()
      .then((identity) => {
        held = identity;
        const end = identity.expiration?.getTime();
        // Where they are given for less than that, every request would ask.
        refreshAt =
          end === undefined ? Number.POSITIVE_INFINITY : Math.max(end - REFRESH_BEFORE_MS, now() + RETRY_AFTER_MS);
        return identity;
      })
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
  return {
    current() {
      if (held === undefined || isOver(held, now())) return ask();
      if (now() >= refreshAt) {
        refreshAt = now() + RETRY_AFTER_MS;
        ask().catch(() => {});
      }
      return held;
    },
  };
}

function isOver({ expiration }: Identity, now: number): boolean {
  return expiration !== undefined && expiration.getTime() <= now;
}
