import { ConnectionError } from '../errors/transport-error.ts';
import { ConnectFault } from './connect-fault.ts';
import { formatIpv4, parseIpAddress } from './ip-address.ts';

/** An address that a name was resolved to. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Resolves names, with the signature of `dns.lookup` of Node. */
export type Lookup = (
  host: string,
  // What Node passes on, of which only this is looked at.
  options: object & { readonly all?: boolean | undefined },
  callback: (error: Error | null, found: string | ResolvedAddress[], family?: number) => void,
) => void;

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
export function safeLookup(lookup: Lookup): Lookup {
  return (host, options, callback) => {
    try {
      lookup(host, options, (error, found, family) => {
        const isOne = error === null && options.all === true && typeof found === 'string';
        if (isOne)
          callback(null, [
            { address: found, family: family ?? parseIpAddress(found)?.family ?? 4 },
          ]);
        else callback(error, found, family);
      });
    } catch (error) {
      callback(error as Error, []);
    }
  };
}

/** A lookup that gives only allowed addresses. */
export function guardedLookup(allowTarget: AllowTarget, port: number, lookup: Lookup): Lookup {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const addresses = found as ResolvedAddress[];
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
  if (parseIpAddress(host) === undefined) return;
  const addresses = [{ address: host, family: host.includes(':') ? 6 : 4 }];
  let allowed: ResolvedAddress[];
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
  addresses: readonly ResolvedAddress[],
): Promise<ResolvedAddress[]> {
  const allowed: ResolvedAddress[] = [];
  for (const entry of addresses) {
    const { address, family } = plainAddress(entry);
    // oxlint-disable-next-line no-await-in-loop -- one question at a time, in the resolver's order
    if (await allowTarget({ host, address, family, port })) allowed.push(entry);
  }
  return allowed;
}

/** A rule for IPv4 must not be passed by under the IPv6 name of the same address. */
function plainAddress({
  address,
  family,
}: ResolvedAddress): Pick<TargetAddress, 'address' | 'family'> {
  if (family !== 6) return { address, family: 4 };
  const parsed = parseIpAddress(address);
  return parsed?.family === 4 ? { address: formatIpv4(parsed), family: 4 } : { address, family: 6 };
}

function refusedTarget(host: string, addresses: readonly ResolvedAddress[]): ConnectFault {
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
