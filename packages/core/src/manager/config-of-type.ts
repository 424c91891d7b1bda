import type { Client } from '../client/client.ts';
import type { ChunkOf, InitOf } from '../client/create-client.ts';
import type { ClientConfigOptions } from './client-config-table.ts';

/** What a factory makes. */
type MadeBy<Factory> = Factory extends { create(options: never): infer Made } ? Made : never;
type OptionsOfFactory<Factory> = Factory extends { create(options: infer Options): unknown }
  ? Options
  : object;

/** The client that is made of a configuration of this type. */
export type ClientOfType<Factories, Type extends keyof Factories> = Client<
  InitOf<MadeBy<Factories[Type]>>,
  ChunkOf<MadeBy<Factories[Type]>>
>;

type BlockOf<Type extends string> = Type extends 'websocket'
  ? 'ws'
  : Type extends 'openai' | 'anthropic'
    ? 'sdk'
    : Type;

/** A configuration of a type that the registry knows. */
export type ConfigOfType<Factories, Type extends keyof Factories & string> = Omit<
  ClientConfigOptions,
  'type' | 'http' | 'ws' | 'sdk'
> & { readonly type: Type } & {
  readonly [Block in BlockOf<Type>]?: Partial<OptionsOfFactory<Factories[Type]>>;
};
