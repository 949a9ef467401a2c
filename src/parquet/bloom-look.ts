/** Asks the bloom filter of a column chunk, so that whoever looks for one value reads few row groups. */
import type { FileMetaData } from "hyparquet";
import { readBloomFilter, sbbfContains } from "hyparquet/src/bloom.js";
import { xxhash64 } from "hyparquet/src/xxhash.js";
import type { Source } from "./source.ts";

const utf8 = new TextEncoder();

/** False: the text stands nowhere in the chunk. True where there is no filter, or none that we can read. */
export async function mayHold(
  source: Source,
  metadata: FileMetaData,
  rowGroup: number,
  column: string,
  text: string,
): Promise<boolean> {
  const chunk = metadata.row_groups[rowGroup]?.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === column);
  const { bloom_filter_offset: offset, bloom_filter_length: length } = chunk?.meta_data ?? {};
  if (offset === undefined || length === undefined) return true;
  const start = Number(offset);
  const bytes = await source.view(start, start + Number(length));
  const filter = readBloomFilter({ view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 });
  const found = filter === undefined || sbbfContains(filter.blocks, xxhash64(utf8.encode(text)));
  source.release(bytes);
  return found;
}
