import {
  ConfigurationError,
  memoryTransport,
  type Transport,
  type TransportFactory,
  TransportRegistry,
} from '@linkspan/core';
import { describe, expect, expectTypeOf, it } from 'vitest';

interface EchoOptions {
  readonly greeting?: string;
}
class EchoFactory implements TransportFactory<Transport & { greeting: string }, EchoOptions> {
  create({ greeting = 'hello' }: EchoOptions): Transport & { greeting: string } {
    return Object.assign(
      memoryTransport(() => ({ status: 200, body: greeting })),
      { greeting },
    );
  }
}
const strict = {
  create(options: { readonly baseUrl: string }): Transport {
    return memoryTransport(() => ({ status: 200, body: options.baseUrl }));
  },
};

const failure = (run: () => unknown): ConfigurationError => {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('It did not fail');
};

describe('TransportRegistry', () => {
  it('R12 R59 U1 makes transports by name, several in one registry', () => {
    const registry = new TransportRegistry()
      .register('echo', new EchoFactory())
      .register('strict', strict);

    expect(registry.create('echo', { greeting: 'hi' }).greeting).toBe('hi');
    expect(registry.create('echo').greeting).toBe('hello');
    expect(registry.create('strict', { baseUrl: 'x' }).capabilities.streaming).toBeTypeOf(
      'boolean',
    );
    expect(registry.names()).toEqual(['echo', 'strict']);
    expect(registry.get('strict')).toBe(strict);
    expect(registry.has('echo')).toBe(true);
  });

  it('R12 keeps what is registered one by one', () => {
    const registry = new TransportRegistry();
    registry.register('strict', strict);

    expect(registry.get('strict')).toBe(strict);
  });

  it('knows the options and the transport of every name', () => {
    const registry = new TransportRegistry()
      .register('echo', new EchoFactory())
      .register('strict', strict);

    expectTypeOf(registry.create('echo')).toEqualTypeOf<Transport & { greeting: string }>();
    expectTypeOf(registry.get('echo')).toEqualTypeOf<EchoFactory>();
    const name: string = 'strict';
    expectTypeOf(registry.get(name)).toEqualTypeOf<TransportFactory>();
    // @ts-expect-error an unknown name
    expect(() => registry.create('eco')).toThrow(ConfigurationError);
    // @ts-expect-error an option of the wrong type
    expect(registry.create('echo', { greeting: 1 })).toBeDefined();
    // @ts-expect-error an option that must be given
    expect(registry.create('strict')).toBeDefined();
  });

  it('R12 P25 lists what there is when a name is unknown', () => {
    const registry = new TransportRegistry().register('http', strict).register('feed', strict);

    expect(failure(() => registry.get('htp')).message).toBe(
      "Cannot make a transport: there is no transport 'htp'; available: http, feed; did you mean 'http'?",
    );
    expect(failure(() => registry.get('queue'))).toMatchObject({
      message: "Cannot make a transport: there is no transport 'queue'; available: http, feed",
      kind: 'config',
      code: 'unknown_transport',
    });
  });

  it('P25 says which package has the transport', () => {
    expect(failure(() => new TransportRegistry().get('websocket')).message).toBe(
      "Cannot make a transport: there is no transport 'websocket'; none is registered; did you install @linkspan/websocket?",
    );
  });

  it('R11 refuses what is no factory, no name, or a name that is taken', () => {
    const registry = new TransportRegistry().register('http', strict);

    expect(failure(() => registry.register('x', {} as never)).message).toBe(
      "Cannot register the transport 'x': expected a factory with create(options)",
    );
    expect(failure(() => registry.register('', strict)).message).toContain('not empty');
    expect(failure(() => registry.register('http', new EchoFactory())).message).toBe(
      "Cannot register the transport 'http': the name is taken",
    );
    expect(registry.register('http', strict).names()).toEqual(['http']);
  });

  it.each(['__proto__', 'constructor', 'toString'])('takes %s for a name like others', (name) => {
    const registry = new TransportRegistry();
    expect(registry.has(name)).toBe(false);

    expect(registry.register(name, strict).get(name)).toBe(strict);
  });

  it('U2 two registries know nothing of one another', () => {
    new TransportRegistry().register('http', strict);

    expect(new TransportRegistry().names()).toEqual([]);
  });
});
