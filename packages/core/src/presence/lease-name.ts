import type { NodeId } from "@earshot/protocol";
import type { Random } from "../ports/random.ts";

/**
 * What a gateway is called in the registry: its name and a word for this life of its process. A node that was killed
 * and is back under its name within the lease would otherwise keep its former sessions there as ghosts.
 */
export function leaseName(node: NodeId, random: Pick<Random, "bytes">): NodeId {
  const life = Array.from(random.bytes(4), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${node}~${life}`;
}

/** The gateway's own name. Of one that is no lease's name: the same. */
export function nodeOfLease(lease: NodeId): NodeId {
  const at = lease.lastIndexOf("~");
  return at < 0 ? lease : lease.slice(0, at);
}
