/** runs/<run>/calls/<n>.json: what each call of replay says of itself while it works, for the next call and for who watches. */
import { z } from "zod";
import type { Store } from "../store/port.ts";
import { callsPrefix } from "./keys.ts";

export const callSchema = z.object({
  version: z.literal(1),
  call: z.int().min(0),
  writer: z.string(),
  /** Requests of which at least one try was sent. */
  sent: z.int().min(0),
  /** Endpoints that it has parked; absent while there is none. */
  parked: z.int().min(0).optional(),
  /** It has come to its end; absent while it works, and of a call that was killed. */
  ended: z.boolean().optional(),
  /** The part of the run that the call took; absent when it took all of it. */
  part: z.string().optional(),
});
export type CallRecord = z.infer<typeof callSchema>;

/** In the order of their numbers; what does not parse is left out: it is being written, or of another version. */
export async function readCalls(store: Store, run: string): Promise<CallRecord[]> {
  const calls: CallRecord[] = [];
  for await (const { key } of store.list(callsPrefix(run))) {
    const parsed = callSchema.safeParse(JSON.parse(new TextDecoder().decode(await store.get(key))));
    if (parsed.success) calls.push(parsed.data);
  }
  return calls;
}
