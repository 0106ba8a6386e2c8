/** A connected user, of whichever peer. */
export interface Member {
  readonly index: number;
  /** Messages of others that have come. */
  delivered: number;
  /** Sends that were answered, where the server answers them. */
  answered: number;
  /** Whether the server answers sends. */
  readonly answers: boolean;
  /** Whether the server gives senders their own messages too. */
  readonly echoes: boolean;
  send(conversation: string): void;
  end(): void;
}

/** What members tell their job, each thing as it happens. */
export interface MemberEvents {
  onDelivery(member: Member): void;
  onAnswer(member: Member): void;
  /** Something that no run may have: a refusal, a connection that ended. */
  onTrouble(why: string): void;
}

/** Who connects, and where to. */
export interface MemberAddress {
  readonly port: number;
  readonly index: number;
  readonly user: string;
  readonly conversation: string;
}

/** The same for every peer. */
export const BODY = JSON.stringify({
  text: "One hundred characters, which is what people write, more or less, in a chat; see for yourself. Done.",
});
