import type { Dialect } from "../../peers/peers.ts";
import { EarshotMember } from "./earshot-member.ts";
import type { Member, MemberAddress, MemberEvents } from "./member.ts";
import { MqttMember } from "./mqtt-member.ts";
import { RawMember } from "./raw-member.ts";
import { SocketIoMember } from "./socket-io-member.ts";

/** A user who has connected, signed in where the peer knows of that, and joined the conversation. `receives`: also gets its messages. */
export function connectMember(
  dialect: Dialect,
  address: MemberAddress,
  events: MemberEvents,
  receives = true,
): Promise<Member> {
  switch (dialect) {
    case "earshot":
      return EarshotMember.connect(address, events);
    case "raw":
      return RawMember.connect(address, events, false);
    case "raw-ack":
      return RawMember.connect(address, events, true);
    case "socket.io":
      return SocketIoMember.connect(address, events);
    case "mqtt":
      return MqttMember.connect(address, events, receives);
  }
}

/** Who opens connections at the same time. */
const AT_ONCE = 100;

/** As many members as there are addresses, in their order. Rejects with the first that does not get in. */
export async function connectMembers(
  dialect: Dialect,
  addresses: readonly MemberAddress[],
  events: MemberEvents,
  receives: (index: number) => boolean = () => true,
): Promise<readonly Member[]> {
  const members: Member[] = [];
  let next = 0;
  const connectNext = async (): Promise<void> => {
    for (let place = next++; place < addresses.length; place = next++) {
      const address = addresses[place];
      if (address !== undefined) members[place] = await connectMember(dialect, address, events, receives(place));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, connectNext));
  return members;
}
