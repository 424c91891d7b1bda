import type { Channel } from '@linkspan/core';
import { rpc, type RpcChannel } from '@linkspan/core/rpc';
import { expectTypeOf } from 'vitest';
import { z } from 'zod';

interface Calculator {
  sum(params: readonly number[]): number;
  divide(params: { readonly a: number; readonly by: number }): Promise<{ quotient: number }>;
  now(): string;
  list(params?: { readonly cursor: string }): string[];
}

declare const channel: Channel;
expectTypeOf(channel).toExtend<RpcChannel>();

const typed = rpc<Calculator>(channel);
expectTypeOf(typed.request('sum', [1, 2])).toEqualTypeOf<Promise<number>>();
expectTypeOf(typed.request('divide', { a: 1, by: 2 }, { totalMs: 5 })).toEqualTypeOf<
  Promise<{ quotient: number }>
>();
expectTypeOf(typed.request('now')).toEqualTypeOf<Promise<string>>();
expectTypeOf(typed.request('now', undefined, { totalMs: 5 })).toEqualTypeOf<Promise<string>>();
expectTypeOf(typed.request('list')).toEqualTypeOf<Promise<string[]>>();
expectTypeOf(typed.notify('sum', [1])).toEqualTypeOf<Promise<void>>();
expectTypeOf(typed.request('sum', [1], { schema: z.literal(3) })).toEqualTypeOf<Promise<3>>();
// @ts-expect-error -- there is no such method
void typed.request('product', [1, 2]);
// @ts-expect-error -- the parameters are of another kind
void typed.request('sum', { a: 1 });
// @ts-expect-error -- the parameters are missing
void typed.request('sum');
// @ts-expect-error -- it takes none
void typed.request('now', [1]);

const untyped = rpc(channel);
expectTypeOf(untyped.request('anything', { a: 1 })).toEqualTypeOf<Promise<unknown>>();
expectTypeOf(untyped.request('anything')).toEqualTypeOf<Promise<unknown>>();
// @ts-expect-error -- parameters are an array or an object
void untyped.request('anything', 3);
