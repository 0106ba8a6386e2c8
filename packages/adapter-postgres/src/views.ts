import { EPOCH } from "./lock-heads.ts";

/** Parts of statements that read. */

export const EVENT = "e.seq, e.ord, e.type, e.id, e.sender, e.at, e.body, e.re, e.mentions, e.slot, e.deleted";

/** An event as it stands now for the reader in `reader` (a parameter; null: nobody's reactions are their own). */
export const present = (reader: string) => `${EVENT}, s.edited, s.replies, ed.body AS edited_body, CASE WHEN s.keys > 0
    THEN (SELECT json_agg(json_build_array(n.key, n.count, EXISTS (SELECT 1 FROM @reactions r
        WHERE r.conversation = e.conversation AND r.message = e.seq AND r.user_id = ${reader}::text AND r.key = n.key))
      ORDER BY n.first)::text
    FROM @reaction_counts n WHERE n.conversation = e.conversation AND n.message = e.seq) END AS reactions`;

/** How the events of \`e\` stand; joined so, each is found by its own row's key. */
export const STATE = `LEFT JOIN LATERAL (SELECT edited, replies, keys FROM @message_states
    WHERE conversation = e.conversation AND seq = e.seq LIMIT 1) s ON true
  LEFT JOIN LATERAL (SELECT body FROM @events
    WHERE conversation = e.conversation AND seq = s.edited AND s.edited IS NOT NULL LIMIT 1) ed ON true`;

export const ACCESS = `h.conversation, c.kind, h.mode, c.whole_history, ${EPOCH}, h.first, h.head, h.ord, h.last_message,
  h.members, h.members_version, m.rank, m.since, m.past, m.delivered, m.read`;

/** Members of conversations that are there, by head and user. */
export const memberOf = (user: string) => `CROSS JOIN LATERAL (SELECT * FROM @members
    WHERE conversation = h.conversation AND user_id = ${user} AND rank IS NOT NULL LIMIT 1) m
  CROSS JOIN LATERAL (SELECT * FROM @conversations WHERE number = h.conversation LIMIT 1) c`;
