/** "a", "a and b", "a, b and c", "a, b, c and 4 others" */
export function listOfPeople(people: readonly string[]): string {
  const named = people.length > 4 ? [...people.slice(0, 3), `${people.length - 3} others`] : people;
  return named.length < 2 ? (named[0] ?? "") : `${named.slice(0, -1).join(", ")} and ${named.at(-1)}`;
}

export function youOr(person: string, user: string): string {
  return person === user ? "you" : person;
}
