/**
 * Preloaded into the program (`node --import`): its wall clock jumps, as that of a machine whose clock is set.
 * CLOCK_STEPS: JSON, [[milliseconds after the start, shift from the true time in milliseconds], …].
 * Monotonic time and timers stay true, as they do there.
 */
const steps = JSON.parse(process.env.CLOCK_STEPS ?? "[]") as [number, number][];
const TrueDate = Date;
let shift = 0;

class SteppedDate extends TrueDate {
  constructor(...args: [] | [number | string | Date]) {
    if (args.length === 0) super(TrueDate.now() + shift);
    // Date takes up to seven numbers; TypeScript sees the first form only.
    else super(...args);
  }

  static override now(): number {
    return TrueDate.now() + shift;
  }
}

globalThis.Date = SteppedDate as DateConstructor;
for (const [after, to] of steps) {
  setTimeout(() => {
    shift = to;
  }, after).unref();
}
