import type { Given, ReadCall } from "./calls.ts";
import { changesText } from "./read-changes.ts";
import { feedEndText, feedText } from "./read-feed.ts";
import { inboxText, viewText } from "./read-inbox.ts";
import { conversationsText, membershipsText, revocationsText } from "./read-lists.ts";
import { membersText, receiptsText } from "./read-members.ts";
import { rangeText } from "./read-range.ts";
import type { ReadStatements } from "./read-statements.ts";
import { tallyText } from "./read-tally.ts";
import { settingsText } from "./row-texts.ts";

/** Answers one call that changes nothing. There is one thread, so what it reads is one snapshot. */
export function read(statements: ReadStatements, call: ReadCall): string | null {
  switch (call.name) {
    case "range":
      return rangeText(statements, call.given);
    case "settings": {
      const settings = statements.settings.one(call.given);
      return settings === undefined ? null : settingsText(settings);
    }
    case "access":
      return accessText(statements, call.given);
    case "members":
      return membersText(statements, call.given);
    case "inbox":
      return inboxText(statements, call.given);
    case "row": {
      const { conversation, user } = call.given;
      return viewText(statements, statements.view.one(conversation, user), user);
    }
    case "receipts":
      return receiptsText(statements, call.given);
    case "tally":
      return tallyText(statements, call.given);
    case "blocked":
      return blockedText(statements, call.given);
    case "setting":
      return statements.setting.one(call.given)?.value ?? null;
    case "feed":
      return feedText(statements, call.given);
    case "feedEnd":
      return feedEndText(statements);
    case "changes":
      return changesText(statements, call.given);
    case "position":
      return statements.position.one(call.given)?.value ?? null;
    case "revocations":
      return revocationsText(statements, call.given);
    case "conversations":
      return conversationsText(statements, call.given);
    case "memberships":
      return membershipsText(statements, call.given);
    case "ping":
      statements.store.one();
      return null;
  }
}

/** One array for each user. */
function accessText(statements: ReadStatements, asked: Given<"access">): string {
  const texts = asked.map(([user, conversations]) => statements.accessMany.one(conversations, user)?.access);
  return `[${texts.join(",")}]`;
}

function blockedText(statements: ReadStatements, { user, others }: Given<"blocked">): string {
  return JSON.stringify(others.map((other) => statements.blocked.one(user, other)?.yes === 1));
}
