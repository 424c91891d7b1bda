import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { ConnectionError } from '@linkspan/core';
import { ConnectFault } from './connect-fault.ts';

/** Where a connection is about to go. */
export interface TargetAddress {
  /** As the URL has it: a name, or an address. */
  readonly host: string;
  /**
   * What it was resolved to: `'127.0.0.1'`, `'::1'`. An IPv4 address that is written as one of IPv6
   * (`::ffff:7f00:1`) is given as the IPv4 address, which is where the connection would go.
   */
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
}

/**
 * Says whether a connection may be made. It is asked with the address itself, at the moment of
 * connecting, so that a name which changes between a check and the connection gains nothing; also
 * for every hop of a redirect, and for addresses written as such. Of a name with several addresses
 * the allowed ones are used. Behind a proxy, which resolves names itself, it is asked for the
 * address of the proxy, and for the target where that is an address.
 */
export type AllowTarget = (target: TargetAddress) => boolean | Promise<boolean>;

/**
 * A lookup of the user's, its throw told as a name that cannot be resolved. It may give one address
 * where all are asked for.
 */
export function safeLookup(lookup: LookupFunction): LookupFunction {
  return (host, options, callback) => {
    try {
      lookup(host, options, (error, found, family) => {
        const isOne = error === null && options.all === true && typeof found === 'string';
        if (isOne) callback(null, [{ address: found, family: family ?? isIP(found) }]);
        else callback(error, found, family);
      });
    } catch (error) {
      callback(error as Error, []);
    }
  };
}

/** A lookup for `net.connect` that gives only allowed addresses. */
export function guardedLookup(
  allowTarget: AllowTarget,
  port: number,
  lookup: LookupFunction = systemLookup,
): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const addresses = found as LookupAddress[];
      filterAllowed(allowTarget, host, port, addresses).then(
        (allowed) => {
          const [first] = allowed;
          if (first === undefined) callback(refusedTarget(host, addresses), []);
          else if (options.all === true) callback(null, allowed);
          else callback(null, first.address, first.family);
        },
        (failure: unknown) => callback(failedGuard(host, failure), []),
      );
    });
  };
}

/**
 * Asks for a host that is an address; names are asked for when they are resolved.
 *
 * @throws ConnectFault when it is refused.
 */
export async function checkLiteral(
  allowTarget: AllowTarget,
  host: string,
  port: number,
): Promise<void> {
  const family = isIP(host);
  if (family === 0) return;
  const addresses = [{ address: host, family }];
  let allowed: LookupAddress[];
  try {
    allowed = await filterAllowed(allowTarget, host, port, addresses);
  } catch (failure) {
    throw failedGuard(host, failure);
  }
  if (allowed.length === 0) throw refusedTarget(host, addresses);
}

async function filterAllowed(
  allowTarget: AllowTarget,
  host: string,
  port: number,
  addresses: readonly LookupAddress[],
): Promise<LookupAddress[]> {
  const allowed: LookupAddress[] = [];
  for (const entry of addresses) {
    const { address, family } = plainAddress(entry);
    // oxlint-disable-next-line no-await-in-loop -- one question at a time, in the resolver's order
    if (await allowTarget({ host, address, family, port })) allowed.push(entry);
  }
  return allowed;
}

/** A rule for IPv4 must not be passed by under the IPv6 name of the same address (RFC 4291, 2.5.5.2). */
function plainAddress({
  address,
  family,
}: LookupAddress): Pick<TargetAddress, 'address' | 'family'> {
  if (family !== 6) return { address, family: 4 };
  // The URL parser knows all the ways to write it, and has one way of its own.
  const url = `http://[${address}]`;
  const hostname = URL.canParse(url) ? new URL(url).hostname : '';
  const [, high, low] = /^\[::ffff:([\da-f]+):([\da-f]+)\]$/.exec(hostname) ?? [];
  if (high === undefined || low === undefined) return { address, family: 6 };
  const bits = Number.parseInt(high, 16) * 0x1_0000 + Number.parseInt(low, 16);
  return { address: [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.'), family: 4 };
}

function refusedTarget(host: string, addresses: readonly LookupAddress[]): ConnectFault {
  const list = addresses.map(({ address }) => address).join(', ');
  const found = list === host ? '' : ` (${list})`;
  return new ConnectFault(
    () =>
      new ConnectionError(`Cannot connect to ${host}${found}: allowTarget refused the address`, {
        code: 'target_refused',
        retryable: 'no',
      }),
  );
}

function failedGuard(host: string, cause: unknown): ConnectFault {
  return new ConnectFault(
    () =>
      new ConnectionError(`Cannot connect to ${host}: allowTarget failed`, {
        code: 'target_refused',
        retryable: 'no',
        cause,
      }),
  );
}
