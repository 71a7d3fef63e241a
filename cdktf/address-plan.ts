/** IPv4 arithmetic: which part of the network's address space each subnet gets. Pure. */

export interface Cidr {
  /** First address as an unsigned 32-bit number. */
  readonly base: number;
  readonly prefix: number;
}

export interface AddressPlan {
  /** Container App environment. */
  readonly apps: string;
  /** PostgreSQL, delegated. */
  readonly database: string;
  /** Private endpoints. */
  readonly endpoints: string;
}

/** Reads "10.0.0.0/22"; a bare address counts as /32. Undefined when it is not IPv4. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  const octets = match.slice(1, 5).map(Number);
  const prefix = match[5] === undefined ? 32 : Number(match[5]);
  if (prefix > 32 || octets.some((octet) => octet > 255)) return undefined;
  return { base: octets.reduce((sum, octet) => sum * 256 + octet, 0), prefix };
}

/** True when the address is the first of its range: no bits set behind the prefix. */
export function isAligned(cidr: Cidr): boolean {
  return cidr.base % sizeOf(cidr) === 0;
}

/** True when the two ranges share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a);
}

/** True when `inner` lies within `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return inner.base >= outer.base && inner.base + sizeOf(inner) <= outer.base + sizeOf(outer);
}

/**
 * The lower half (at most /23) goes to the apps, the two parts at the start of the upper half (at most /26) to the database and to private endpoints.
 * /24 is the smallest space: it gives the apps /25 (Container Apps with workload profiles needs /27 or larger).
 */
export function planAddresses(space: Cidr): AddressPlan {
  const upper = space.base + sizeOf(space) / 2;
  const prefix = Math.max(26, space.prefix + 3);
  const part = { base: upper, prefix };
  return {
    apps: format({ base: space.base, prefix: Math.max(23, space.prefix + 1) }),
    database: format(part),
    endpoints: format({ base: upper + sizeOf(part), prefix }),
  };
}

function sizeOf(cidr: Cidr): number {
  return 2 ** (32 - cidr.prefix);
}

function format(cidr: Cidr): string {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(cidr.base / 2 ** shift) % 256);
  return `${octets.join(".")}/${cidr.prefix}`;
}
