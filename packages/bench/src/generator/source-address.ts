/** Outgoing ports of one address would run out: those of neighbouring connections lie on several, all of them this machine's. */
const ADDRESSES = 20;

export function sourceAddress(index: number): string {
  return `127.0.0.${2 + (index % ADDRESSES)}`;
}
