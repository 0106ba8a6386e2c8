import type { UserId } from "@earshot/protocol";
import type { Commands } from "../ports/commands.ts";
import type { By } from "../ports/hooks.ts";

/** The same commands, of which those that read or write many rows say how many, for what their user costs (S47). */
export function chargedReads(commands: Commands, charge: (user: UserId, rows: number) => void): Commands {
  /** Charges what was read, once it was. */
  const counted =
    <Given extends readonly unknown[], Answer>(
      run: (by: By, ...given: Given) => Promise<Answer>,
      rows: (answer: Answer) => number,
    ) =>
    async (by: By, ...given: Given): Promise<Answer> => {
      const answer = await run(by, ...given);
      charge(by.user, rows(answer));
      return answer;
    };
  return {
    ...commands,
    inbox: counted(commands.inbox, (page) => page.conversations.length),
    fetch: counted(commands.fetch, (page) => ("events" in page ? (page.events?.length ?? 0) : 0)),
    members: counted(commands.members, (page) => page.members.length),
    receipts: counted(commands.receipts, (page) => page.users.length),
    create: (by, request) => {
      charge(by.user, request.members.length);
      return commands.create(by, request);
    },
    changeMembers: (by, c, changes) => {
      charge(by.user, changes.length);
      return commands.changeMembers(by, c, changes);
    },
  };
}
