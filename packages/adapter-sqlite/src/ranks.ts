/** Ranks of the roles, in the order of member pages. */
export const RANKS = ["owner", "admin", "member", "reader"] as const;
/** The rank that slow mode holds for. */
export const MEMBER_RANK = 2;
