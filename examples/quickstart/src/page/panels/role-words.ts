import type { Role } from "../people/rights.ts";

export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  owner: "an owner",
  admin: "an admin",
  member: "a member",
  reader: "a reader",
};
