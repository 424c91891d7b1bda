import {
  type BoundedChannel,
  channel,
  failAfter,
  moveOnAfter,
  parallel,
  parallelStream,
  type Task,
  type TaskGroup,
  taskGroup,
  WorkerPool,
} from '@linkspan/concurrency';
import { expectTypeOf } from 'vitest';

expectTypeOf(taskGroup()).toEqualTypeOf<TaskGroup>();
expectTypeOf(taskGroup(() => 1)).toEqualTypeOf<Promise<number>>();
expectTypeOf(taskGroup(async (group) => await group.spawn(() => 'a'))).toEqualTypeOf<
  Promise<string>
>();
expectTypeOf(taskGroup().spawn(async () => await Promise.resolve(1))).toEqualTypeOf<Task<number>>();
expectTypeOf<Awaited<Task<number>>>().toEqualTypeOf<number>();

const moved = await moveOnAfter(1, () => 'value');
if (moved.cancelled) expectTypeOf(moved.value).toEqualTypeOf<undefined>();
else expectTypeOf(moved.value).toEqualTypeOf<string>();
expectTypeOf(failAfter(undefined, async () => await Promise.resolve(1))).toEqualTypeOf<
  Promise<number>
>();

expectTypeOf(parallel(['a'], (item) => item.length)).toEqualTypeOf<Promise<number[]>>();
expectTypeOf(parallelStream(new Set([1]), String)).toEqualTypeOf<
  AsyncIterableIterator<string, undefined>
>();
expectTypeOf(channel<string>(1)).toEqualTypeOf<BoundedChannel<string>>();
expectTypeOf(new WorkerPool((item: string) => item.length).submit('a')).toEqualTypeOf<
  Promise<number>
>();
