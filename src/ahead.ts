/** Work on a stream of items, a few at once, with the results in the order of the items. */

/**
 * At most `width` items are under way at once, so memory does not grow with the stream. The first failure is
 * thrown when its turn comes; what was under way behind it is left to end by itself, unheard.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const ahead: Promise<R>[] = [];
  for await (const item of items) {
    const result = work(item);
    // The error is thrown when its turn comes; until then it must not count as unhandled.
    result.catch(() => {});
    ahead.push(result);
    if (ahead.length >= width) yield await (ahead.shift() as Promise<R>);
  }
  for (const result of ahead) yield await result;
}
