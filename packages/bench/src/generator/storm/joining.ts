import type { Dialect } from "../../peers/peers.ts";
import { connectMember } from "../members/connect-member.ts";
import type { Member, MemberAddress } from "../members/member.ts";
import type { Returning } from "./returning.ts";

/** A client of a peer that has nothing to catch up from: it joins anew. */
export class Joining implements Returning {
  readonly spreadMs: number;
  onLost: (why: string) => void = () => {};
  readonly #dialect: Dialect;
  readonly #address: MemberAddress;
  #member: Member | null = null;

  constructor(dialect: Dialect, address: MemberAddress, spreadMs: number) {
    this.#dialect = dialect;
    this.#address = address;
    this.spreadMs = spreadMs;
  }

  async enter(): Promise<void> {
    this.#member = await connectMember(this.#dialect, this.#address, {
      onDelivery: () => {},
      onAnswer: () => {},
      onTrouble: (why) => this.onLost(why),
    });
  }

  async prepare(): Promise<void> {}

  comeBack(): Promise<void> {
    return this.enter();
  }

  end(): void {
    this.#member?.end();
  }
}
