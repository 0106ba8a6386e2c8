import type { TypingView } from "@earshot/client";

/** "bob is typing…", "bob and carol are typing…", "bob, carol and 3 others are typing…"; empty where nobody is. */
export function typingWords({ users, count }: TypingView): string {
  const [first, second] = users;
  if (count === 0) return "";
  if (first === undefined) return count === 1 ? "Somebody is typing…" : `${count} people are typing…`;
  if (second === undefined) return `${first} is typing…`;
  if (users.length === 2) return `${first} and ${second} are typing…`;
  const others = users.length - 2;
  return `${first}, ${second} and ${others} other${others === 1 ? "" : "s"} are typing…`;
}
