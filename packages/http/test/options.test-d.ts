import type { OptionsOf, SettingsOf, Transport } from '@linkspan/core';
import { expectTypeOf } from 'vitest';
import { type HttpTransport, httpTransport } from '../src/http-transport.ts';
import type {
  HttpTransportOptions,
  HttpTransportSettings,
  httpTransportSettings,
} from '../src/options.ts';
import type { HttpRequestInit } from '../src/request/request-init.ts';

type Table = typeof httpTransportSettings;

expectTypeOf<SettingsOf<Table>>().toEqualTypeOf<HttpTransportSettings>();
expectTypeOf<HttpTransportOptions>().toExtend<OptionsOf<Table>>();
expectTypeOf<OptionsOf<Table>>().toExtend<HttpTransportOptions>();

expectTypeOf(httpTransport).returns.toEqualTypeOf<HttpTransport>();
expectTypeOf<HttpTransport>().toExtend<Transport<Uint8Array, HttpRequestInit>>();
expectTypeOf<Parameters<HttpTransport['prepare']>[0]>().toEqualTypeOf<HttpRequestInit>();

// @ts-expect-error -- a typo in the name of an option
httpTransport({ conections: 5 });
// @ts-expect-error -- a duration is a number of milliseconds
httpTransport({ connectMs: '5s' });
