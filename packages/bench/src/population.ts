/** Who is in which conversation: the same on both sides of the wire, from four numbers. */
export interface Population {
  readonly users: number;
  readonly conversations: number;
  /** Members of each conversation; conversations × members / users are those of one user. */
  readonly members: number;
}

export const userName = (index: number): string => `u${index}`;
export const conversationName = (index: number): string => `c${index}`;

/** The members of a conversation, by index: as many as it has, one after the other, around the circle of users. */
export function membersOf({ users, members }: Population, conversation: number): number[] {
  return Array.from({ length: members }, (_, place) => (conversation * members + place) % users);
}

/** The conversations of each user, by index. */
export function conversationsOf(population: Population): readonly (readonly number[])[] {
  const all: number[][] = Array.from({ length: population.users }, () => []);
  for (let conversation = 0; conversation < population.conversations; conversation++) {
    for (const user of membersOf(population, conversation)) all[user]?.push(conversation);
  }
  return all;
}
