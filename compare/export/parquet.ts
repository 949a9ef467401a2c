/** The findings as one Parquet file, of the same table as the objects they come from. */
import { createObjectWriter } from "../../src/parquet/write.ts";
import { DIFFS } from "../../src/record.ts";
import type { Encoder } from "./encoder.ts";

/** Row groups stay as bounded as they were read; each is handed on as soon as it is encoded. */
export function parquetEncoder(meta: Readonly<Record<string, unknown>>): Encoder {
  const writer = createObjectWriter(DIFFS);
  return {
    rows(columns) {
      writer.rowGroup(columns);
      return [writer.take()];
    },
    end: () => [writer.finish(meta)],
  };
}
