import { ConfigurationError } from './errors/local-errors.ts';
import type { SettingsEntries } from './settings/setting.ts';
import { suggestName } from './settings/suggest-name.ts';
import type { Transport } from './transport.ts';

/** Makes the transports of one kind, and knows what they can be told. */
export interface TransportFactory<Made = Transport<unknown, never>, Options = never> {
  /** The table of its options, for those who read them from data. */
  readonly settings?: SettingsEntries;
  /** @throws ConfigurationError when an option is wrong. */
  create(options: Options): Made;
}

/** Where a transport is looked up by a name that is known only at run time. */
export interface TransportLookup {
  /** @throws ConfigurationError for an unknown name; it lists the known ones. */
  get(name: string): TransportFactory;
}

/** Where the transports of this project are, for those who have not installed them. */
const PACKAGES: Readonly<Record<string, string>> = {
  http: '@linkspan/http',
  websocket: '@linkspan/websocket',
  ws: '@linkspan/websocket',
  sdk: '@linkspan/sdk',
  openai: '@linkspan/sdk',
  anthropic: '@linkspan/sdk',
};

/**
 * Factories of transports by name, so that a client can be made from data. `register` gives the
 * registry itself, with a type that knows the new name:
 *
 * ```ts
 * const registry = new TransportRegistry().register('http', httpFactory).register('feed', myFactory);
 * const transport = registry.create('http', { baseUrl: 'https://api.example.com' });
 * ```
 */
export class TransportRegistry<Factories extends object = object> implements TransportLookup {
  readonly #factories = new Map<string, TransportFactory>();

  /**
   * Adds a factory.
   *
   * @throws ConfigurationError when the name is taken by another factory, or this is none.
   */
  register<Name extends string, Factory extends TransportFactory>(
    name: Name,
    factory: Factory,
  ): TransportRegistry<Factories & Readonly<Record<Name, Factory>>> {
    if (typeof name !== 'string' || name === '') {
      throw registerError('a transport', 'expected a name that is not empty');
    }
    if (typeof (factory as Partial<TransportFactory> | undefined)?.create !== 'function') {
      throw registerError(`the transport '${name}'`, 'expected a factory with create(options)');
    }
    const present = this.#factories.get(name);
    if (present !== undefined && present !== factory) {
      throw registerError(`the transport '${name}'`, 'the name is taken');
    }
    this.#factories.set(name, factory);
    return this as never;
  }

  /** The names, in the order they were registered. */
  names(): readonly string[] {
    return [...this.#factories.keys()];
  }

  has(name: string): boolean {
    return this.#factories.has(name);
  }

  /**
   * The factory of a name.
   *
   * @throws ConfigurationError for an unknown name; it lists the known ones.
   */
  get<Name extends keyof Factories & string>(name: Name): Factories[Name];
  get(name: string): TransportFactory;
  get(name: string): TransportFactory {
    const factory = this.#factories.get(name);
    if (factory === undefined) throw unknownName(name, this.names());
    return factory;
  }

  /**
   * Makes a transport by the factory of a name. Where the name comes from data, look up the factory
   * with {@link get}.
   *
   * @throws ConfigurationError for an unknown name, or when an option is wrong.
   */
  create<Name extends keyof Factories & string>(
    name: Name,
    ...options: CreateArguments<Factories[Name]>
  ): MadeBy<Factories[Name]> {
    const given: unknown = options[0] ?? {};
    return this.get(name as string).create(given as never) as MadeBy<Factories[Name]>;
  }
}

type MadeBy<Factory> = Factory extends { create(options: never): infer Made } ? Made : never;

/** Options may be left out where all of them may. */
type CreateArguments<Factory> = Factory extends { create(options: infer Options): unknown }
  ? Partial<Options> extends Options
    ? [options?: Options]
    : [options: Options]
  : [];

function registerError(what: string, problem: string): ConfigurationError {
  return new ConfigurationError(`Cannot register ${what}: ${problem}`);
}

function unknownName(name: string, names: readonly string[]): ConfigurationError {
  const available = names.length === 0 ? 'none is registered' : `available: ${names.join(', ')}`;
  const meant = suggestName(name, names);
  const home = Object.hasOwn(PACKAGES, name) ? PACKAGES[name] : undefined;
  const hints = [
    ...(meant === undefined ? [] : [`did you mean '${meant}'?`]),
    ...(home === undefined ? [] : [`did you install ${home}?`]),
  ];
  const shown = JSON.stringify(name.slice(0, 64)).replaceAll('"', "'");
  const message = [`there is no transport ${shown}`, available, ...hints].join('; ');
  return new ConfigurationError(`Cannot make a transport: ${message}`, {
    code: 'unknown_transport',
    issues: [{ option: 'transport', message }],
  });
}
