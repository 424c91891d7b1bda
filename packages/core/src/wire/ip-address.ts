const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const IPV4 = new RegExp(String.raw`^(?:${OCTET}\.){3}${OCTET}$`);

/** What `::ffff:0.0.0.0` has in its upper 96 bits: an address of IPv4, written as one of IPv6. */
const MAPPED = 0xffffn << 32n;

/** An IP address, as one number. */
export interface IpAddress {
  /** 4 also for one of IPv4 that is written as one of IPv6 (`::ffff:7f00:1`). */
  readonly family: 4 | 6;
  /** In 128 bits; IPv4 as RFC 4291, section 2.5.5.2, maps it. */
  readonly bits: bigint;
}

/** Reads an IP address, without brackets; `undefined` when the text is none. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (IPV4.test(text)) return { family: 4, bits: MAPPED | toBits(text.split('.'), 8, 10) };
  const bare = text.replace(/%[^%]+$/, '');
  // The URL parser knows all the ways to write one of IPv6, and has one way of its own.
  if (!/^[\da-f:.]+$/i.test(bare) || !URL.canParse(`http://[${bare}]`)) return undefined;
  const [head = '', tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  const bits = toBits([...first, ...zeros, ...last], 16, 16);
  return { family: bits >> 32n === MAPPED >> 32n ? 4 : 6, bits };
}

/** The address as text: of IPv4 with dots. */
export function formatIpv4({ bits }: IpAddress): string {
  return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.');
}

/** Whether the first `prefix` of 128 bits are the same. */
export function isInBlock(address: IpAddress, network: IpAddress, prefix: number): boolean {
  const rest = BigInt(128 - prefix);
  return address.bits >> rest === network.bits >> rest;
}

function toBits(parts: readonly string[], width: number, radix: number): bigint {
  return parts.reduce(
    (bits, part) => (bits << BigInt(width)) | BigInt(Number.parseInt(part, radix)),
    0n,
  );
}
