import type { HostedSession, PresenceStore, UserPresence } from "../../src/ports/presence-store.ts";

/** A presence store that breaks one promise of the port. */
export interface BrokenPresence {
  readonly fault: string;
  readonly noticed: readonly string[];
  readonly breaks: (store: PresenceStore) => PresenceStore;
}

/** The right store, but for some methods. */
function but(store: PresenceStore, changed: Partial<PresenceStore>): PresenceStore {
  return {
    open: () => store.open(),
    close: () => store.close(),
    ping: () => store.ping(),
    lease: (node, ttlMs) => store.lease(node, ttlMs),
    put: (node, sessions) => store.put(node, sessions),
    remove: (node, sessions) => store.remove(node, sessions),
    of: (users) => store.of(users),
    onChange: (listener) => store.onChange(listener),
    ...changed,
  };
}

const withRows = (store: PresenceStore, change: (row: UserPresence) => UserPresence): PresenceStore =>
  but(store, { of: async (users) => (await store.of(users)).map(change) });

export const brokenPresences: readonly BrokenPresence[] = [
  {
    fault: "takes sessions without a lease",
    noticed: [
      "opening and closing > every call rejects with closed before open",
      "opening and closing > every call rejects with closed after close",
      "opening and closing > every call rejects with closed from the moment close is called",
      "opening and closing > close without open does nothing",
      "sessions > need a lease that stands",
      "leases > I21: none of its sessions is shown on any node once it has expired, whether somebody swept or not",
      "leases > one of 0 ms is given up at once, with its sessions",
    ],
    breaks: (store) => but(store, { put: (node, sessions) => store.put(node, sessions).catch(() => {}) }),
  },
  {
    fault: "never lets a lease run out",
    noticed: [
      "sessions > need a lease that stands",
      "leases > I21: an expired one ends all sessions of its node, and no others",
      "leases > I21: a renewed one keeps every session, and none of an earlier lease comes back",
      "leases > I21: none of its sessions is shown on any node once it has expired, whether somebody swept or not",
      "leases > one that is renewed for a shorter time ends by then",
      "leases > belong to names, each to one: those of two lives of a node are apart",
      "leases > one of a closed store is left to run out",
      "seen > is the last renewal of a lease that expired",
      "changes > are told on every node: added, another activity, removed, expired, given up",
    ],
    breaks: (store) => but(store, { lease: (node, ttlMs) => store.lease(node, ttlMs === 0 ? 0 : 1e9) }),
  },
  {
    fault: "does not renew a lease",
    noticed: [
      "sessions > need a lease that stands",
      "leases > I21: a renewed one keeps every session, and none of an earlier lease comes back",
      "leases > I21: none of its sessions is shown on any node once it has expired, whether somebody swept or not",
      "leases > one that is renewed for a shorter time ends by then",
      "seen > is the last renewal of a lease that expired",
      "changes > are told on every node: added, another activity, removed, expired, given up",
    ],
    breaks: (store) => {
      const leased = new Set<string>();
      return but(store, {
        lease: async (node, ttlMs) => {
          if (ttlMs > 0 && leased.has(node)) return;
          leased.add(node);
          await store.lease(node, ttlMs);
        },
      });
    },
  },
  {
    fault: "does not give a lease up",
    noticed: [
      "leases > belong to names, each to one: those of two lives of a node are apart",
      "leases > are renewed and given up by whichever end names them",
      "leases > one of 0 ms is given up at once, with its sessions",
      "seen > is the moment at which a lease was given up",
      "changes > are told on every node: added, another activity, removed, expired, given up",
    ],
    breaks: (store) =>
      but(store, { lease: async (node, ttlMs) => (ttlMs === 0 ? undefined : store.lease(node, ttlMs)) }),
  },
  {
    fault: "shows sessions of an expired lease until the next renewal",
    noticed: [
      "leases > I21: none of its sessions is shown on any node once it has expired, whether somebody swept or not",
      "leases > are renewed and given up by whichever end names them",
    ],
    breaks: (store) => {
      const shown = new Map<string, HostedSession>();
      return but(store, {
        lease: async (node, ttlMs) => {
          await store.lease(node, ttlMs);
          shown.clear();
        },
        put: async (node, sessions) => {
          await store.put(node, sessions);
          for (const one of sessions) shown.set(one.session, { ...one, node });
        },
        remove: async (node, sessions) => {
          await store.remove(node, sessions);
          for (const { session } of sessions) shown.delete(session);
        },
        of: async (users) =>
          (await store.of(users)).map((row) => {
            const old = [...shown.values()].filter((one) => one.user === row.user);
            const known = new Set(row.sessions.map(({ session }) => session));
            return { ...row, sessions: [...row.sessions, ...old.filter(({ session }) => !known.has(session))] };
          }),
      });
    },
  },
  {
    fault: "keeps the longer of two leases",
    noticed: ["leases > one that is renewed for a shorter time ends by then"],
    breaks: (store) => {
      const longest = new Map<string, number>();
      return but(store, {
        lease: async (node, ttlMs) => {
          longest.set(node, ttlMs === 0 ? 0 : Math.max(ttlMs, longest.get(node) ?? 0));
          await store.lease(node, longest.get(node) ?? 0);
        },
      });
    },
  },
  {
    fault: "takes two lives of a node for one",
    noticed: ["leases > belong to names, each to one: those of two lives of a node are apart"],
    breaks: (store) => {
      const plain = (node: string): string => node.split("~")[0] ?? node;
      return but(store, {
        lease: (node, ttlMs) => store.lease(plain(node), ttlMs),
        put: (node, sessions) => store.put(plain(node), sessions),
        remove: (node, sessions) => store.remove(plain(node), sessions),
      });
    },
  },
  {
    fault: "lets only the end renew a lease that took it",
    noticed: ["leases > are renewed and given up by whichever end names them"],
    breaks: (store) => {
      const taken = new Set<string>();
      return but(store, {
        lease: async (node, ttlMs) => {
          const stands = await store.put(node, []).then(
            () => true,
            () => false,
          );
          if (stands && !taken.has(node)) return;
          await store.lease(node, ttlMs);
          taken.add(node);
        },
      });
    },
  },
  {
    fault: "tells a node nothing of its own sessions",
    noticed: ["changes > are told on every node: added, another activity, removed, expired, given up"],
    breaks: (store) => {
      const own = new Set<string>();
      return but(store, {
        put: async (node, sessions) => {
          for (const { user } of sessions) own.add(user);
          await store.put(node, sessions);
        },
        onChange: (listener) =>
          store.onChange((users) => {
            const others = users.filter((user) => !own.has(user));
            if (others.length > 0) listener(others);
          }),
      });
    },
  },
  {
    fault: "takes a hundred sessions at once, and no more",
    noticed: ["sessions > come and go a thousand at once, and of one user on many nodes at the same time"],
    breaks: (store) => but(store, { put: (node, sessions) => store.put(node, sessions.slice(0, 100)) }),
  },
  {
    fault: "has a user on one node at a time",
    noticed: [
      "sessions > are found on every node, with where they are, until they are removed",
      "sessions > come and go a thousand at once, and of one user on many nodes at the same time",
      "leases > belong to names, each to one: those of two lives of a node are apart",
    ],
    breaks: (store) =>
      but(store, {
        put: async (node, sessions) => {
          const users = sessions.map(({ user }) => user);
          const elsewhere = (await store.of(users)).flatMap((row) => row.sessions).filter((one) => one.node !== node);
          await store.put(node, sessions);
          for (const { node: other, session } of elsewhere) await store.remove(other, [{ session, quietMs: 0 }]);
        },
      }),
  },
  {
    fault: "lets a node remove what another put",
    noticed: [
      "sessions > are removed by the node that put them alone",
      "changes > a repeated put, and the removal of an unknown session, change nothing and tell nobody",
    ],
    breaks: (store) =>
      but(store, {
        remove: async (node, sessions) => {
          await store.remove(node, sessions);
          for (const other of ["n1", "n2"]) if (other !== node) await store.remove(other, sessions).catch(() => {});
        },
      }),
  },
  {
    fault: "forgets who is invisible",
    noticed: [
      "sessions > are found on every node, with where they are, until they are removed",
      "seen > is when a session turned invisible, as if it had gone, and stays that when it goes",
      "changes > are told on every node: added, another activity, removed, expired, given up",
    ],
    breaks: (store) =>
      but(store, {
        put: (node, sessions) =>
          store.put(
            node,
            sessions.filter(({ activity }) => activity !== "invisible"),
          ),
      }),
  },
  {
    fault: "keeps the first activity",
    noticed: [
      "sessions > change their activity by another put, and nothing else",
      "seen > is when a session turned invisible, as if it had gone, and stays that when it goes",
      "changes > are told on every node: added, another activity, removed, expired, given up",
    ],
    breaks: (store) => {
      const known = new Set<string>();
      return but(store, {
        put: async (node, sessions) => {
          const fresh = sessions.filter(({ session }) => !known.has(session));
          await store.put(node, fresh);
          for (const { session } of fresh) known.add(session);
        },
        remove: async (node, sessions) => {
          await store.remove(node, sessions);
          for (const { session } of sessions) known.delete(session);
        },
      });
    },
  },
  {
    fault: "leaves out users whom it does not know",
    noticed: ["sessions > are given for each user asked for, in that order, unknown and repeated ones too"],
    breaks: (store) =>
      but(store, {
        of: async (users) =>
          (await store.of(users)).filter(({ sessions, seen }) => sessions.length > 0 || seen !== null),
      }),
  },
  {
    fault: "gives users in an order of its own",
    noticed: [
      "sessions > are given for each user asked for, in that order, unknown and repeated ones too",
      "sessions > come and go a thousand at once, and of one user on many nodes at the same time",
    ],
    breaks: (store) => but(store, { of: async (users) => (await store.of(users)).toReversed() }),
  },
  {
    fault: "forgets when a user was last seen",
    noticed: [
      "seen > is not known of who never went, and known on every node of who did",
      "seen > is the last sign of life, not the removal",
      "seen > rises with a later departure, and falls with none",
      "seen > is when a session turned invisible, as if it had gone, and stays that when it goes",
      "seen > is the last renewal of a lease that expired",
      "seen > is the moment at which a lease was given up",
    ],
    breaks: (store) => withRows(store, (row) => ({ ...row, seen: null })),
  },
  {
    fault: "forgets the device",
    noticed: ["sessions > are found on every node, with where they are, until they are removed"],
    breaks: (store) =>
      withRows(store, (row) => ({ ...row, sessions: row.sessions.map((session) => ({ ...session, device: "" })) })),
  },
  {
    fault: "takes a departure for the moment of its telling",
    noticed: ["seen > is the last sign of life, not the removal"],
    breaks: (store) =>
      but(store, {
        remove: (node, sessions) =>
          store.remove(
            node,
            sessions.map(({ session }) => ({ session, quietMs: 0 })),
          ),
      }),
  },
  {
    fault: "tells nobody of changes",
    noticed: [
      "changes > are told on every node: added, another activity, removed, expired, given up",
      "changes > are in place when they are told",
    ],
    breaks: (store) => but(store, { onChange: () => () => {} }),
  },
  {
    fault: "goes on telling after the undo",
    noticed: ["changes > a listener that was undone, or whose store is closed, hears nothing"],
    breaks: (store) =>
      but(store, {
        onChange: (listener) => {
          store.onChange(listener);
          return () => {};
        },
      }),
  },
  {
    fault: "answers after close",
    noticed: [
      "opening and closing > every call rejects with closed after close",
      "opening and closing > every call rejects with closed from the moment close is called",
      "opening and closing > close without open does nothing",
    ],
    breaks: (store) => {
      let closed = false;
      return but(store, {
        close: async () => {
          closed = true;
          await store.close();
        },
        of: async (users) => (closed ? users.map((user) => ({ user, sessions: [], seen: null })) : store.of(users)),
      });
    },
  },
  {
    fault: "may be opened twice",
    noticed: ["opening and closing > a second open is refused with conflict, and the first stands"],
    breaks: (store) => but(store, { open: () => store.open().catch(() => {}) }),
  },
];
