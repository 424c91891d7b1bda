import type {
  ConnectionError,
  FailureKind,
  LinkspanError,
  NetworkError,
  TimeoutError,
} from '@linkspan/core';
import { expectTypeOf } from 'vitest';

/** E35: this does not compile when a kind is missing. */
export function tell(error: LinkspanError): string {
  switch (error.kind) {
    case 'config':
    case 'timeout':
    case 'closed':
    case 'circuit-open':
    case 'pool-exhausted':
    case 'rate-limit':
    case 'network':
    case 'message':
    case 'protocol':
    case 'stream-incomplete':
    case 'stream-gap':
    case 'http':
    case 'transport':
      return error.kind;
    default:
      return error.kind satisfies never;
  }
}

expectTypeOf<LinkspanError['kind']>().toEqualTypeOf<FailureKind>();
expectTypeOf<TimeoutError['kind']>().toEqualTypeOf<'timeout'>();
expectTypeOf<NetworkError>().toEqualTypeOf<ConnectionError>();
expectTypeOf<LinkspanError['attempts']>().toEqualTypeOf<number>();
