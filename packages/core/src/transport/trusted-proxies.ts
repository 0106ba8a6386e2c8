import { BlockList, isIP } from "node:net";

/** IPv4 written as IPv6, as dual-stack sockets have it (RFC 4291, 2.5.5.2). */
const MAPPED = "::ffff:";
const MAPPED_BITS = 96;

/**
 * Whether an address is one of these proxies, each an address or a CIDR range, IPv4 or IPv6. What is no
 * address is none. The entries are checked where the options are read.
 */
export function trustedProxies(entries: readonly string[]): (address: string) => boolean {
  const proxies = new BlockList();
  for (const entry of entries) {
    const [written = "", bits] = entry.split("/");
    const address = bareAddress(written);
    const mapped = address !== written.toLowerCase();
    if (bits === undefined) proxies.addAddress(address, familyOf(address));
    else proxies.addSubnet(address, Number(bits) - (mapped ? MAPPED_BITS : 0), familyOf(address));
  }
  return (address) => isIP(address) !== 0 && proxies.check(address, familyOf(address));
}

/** Lower case, without a zone; IPv4 as such, also where a dual-stack socket has it as `::ffff:127.0.0.1`. */
export function bareAddress(address: string): string {
  const plain = address.toLowerCase().replace(/%.*$/, "");
  const tail = plain.startsWith(MAPPED) ? plain.slice(MAPPED.length) : "";
  return isIP(tail) === 4 ? tail : plain;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}
