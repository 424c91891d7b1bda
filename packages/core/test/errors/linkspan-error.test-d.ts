import type {
  ConnectionError,
  FailureKind,
  LinkspanError,
  NetworkError,
  TimeoutError,
} from '@linkspan/core';
import { expectTypeOf } from 'vitest';

expectTypeOf<LinkspanError['kind']>().toEqualTypeOf<FailureKind>();
expectTypeOf<TimeoutError['kind']>().toEqualTypeOf<'timeout'>();
expectTypeOf<NetworkError>().toEqualTypeOf<ConnectionError>();
expectTypeOf<LinkspanError['attempts']>().toEqualTypeOf<number>();
