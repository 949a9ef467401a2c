/** DogStatsD, fire and forget. Verdicts never come from here. */
export type Tags = Readonly<Record<string, string>>;

export const CHECK_STATUS = { pass: 0, inconclusive: 1, fail: 2, error: 3 } as const;

export interface Metrics {
  /** Adds to a counter; summed in process per (name, tags) and sent on an interval and at close. */
  count(name: string, value: number, tags?: Tags): void;
  gauge(name: string, value: number, tags?: Tags): void;
  distribution(name: string, value: number, tags?: Tags): void;
  check(name: string, status: (typeof CHECK_STATUS)[keyof typeof CHECK_STATUS], message: string, tags?: Tags): void;
  event(title: string, text: string, tags?: Tags): void;
  /** Sends what is left; resolves when it is handed to the kernel. */
  close(): Promise<void>;
}
