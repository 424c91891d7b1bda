import { cancellation } from '../scope/abort-reason.ts';
import { CancelScope } from '../scope/cancel-scope.ts';
import { isCancelled } from '../scope/is-cancelled.ts';
import {
  checkedConcurrency,
  type ParallelFunction,
  type ParallelOptions,
} from './parallel-options.ts';
import { parallelStream } from './parallel-stream.ts';
import { joinFailures } from './task-group-error.ts';

/**
 * Works through the items, a limited number at a time, and gives the results in the order of the
 * items. Items of an iterable or async iterable are taken one by one, as there is room.
 *
 * The first failure stops it: `signal` aborts, no item is begun any more, and the promise rejects
 * when what was running has cleaned up, with the failure, or with a {@link TaskGroupError} where
 * several failed. Aborted by the caller it rejects with `signal.reason`, unchanged. Functions that
 * never asked for their signal cannot be stopped and are left behind.
 *
 * @throws RangeError when `concurrency` is out of range.
 * @example
 * const pages = await parallel(urls, (url, { signal }) => load(url, { signal }), { concurrency: 5 });
 */
export async function parallel<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  fn: ParallelFunction<Item, Result>,
  options: ParallelOptions = {},
): Promise<Result[]> {
  if (!Array.isArray(items)) {
    return await collect(parallelStream(items, fn, { ...options, readAhead: Infinity }));
  }
  const loops = Math.min(checkedConcurrency(options.concurrency), items.length);
  const scope = new CancelScope({ parent: options.signal, deadline: options.deadline });
  const { length } = items;
  const results: Result[] = Array.from({ length });
  const failures: unknown[] = [];
  // What is shared lives in this closure and not in an object: the loop is all that an item costs.
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < length && !scope.aborted) {
      const index = next;
      next += 1;
      // oxlint-disable-next-line no-await-in-loop -- each of these does one item at a time
      results[index] = await fn(items[index] as Item, scope, index);
    }
  };
  const stop = (error: unknown): void => {
    if (isCancelled(error, scope)) return;
    failures.push(error);
    scope.cancel(cancellation('Another item failed', error));
  };
  try {
    const { cancelled } = await scope.run(async () => {
      await Promise.all(Array.from({ length: loops }, () => work().catch(stop)));
      scope.throwIfAborted();
    });
    if (cancelled) throw scope.reason;
  } catch (error) {
    throw failures.length > 0 ? joinFailures(failures) : error;
  }
  return results;
}

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const result of results) list.push(result);
  return list;
}
