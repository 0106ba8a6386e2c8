import type { Bus, Envelope, Publication, Topic } from "../../src/ports/bus.ts";

/** A bus that breaks one promise of the port. */
export interface BrokenBus {
  /** What it does wrong. */
  readonly fault: string;
  /** Cases of the suite that notice, all of them. */
  readonly noticed: readonly string[];
  /** Another end in the place of a right one. `others`: the ends of all nodes, for faults that reach over. */
  readonly breaks: (bus: Bus, others: readonly Bus[]) => Bus;
}

/** The right bus, but for some methods. */
function but(bus: Bus, changed: Partial<Bus>): Bus {
  return {
    open: () => bus.open(),
    close: () => bus.close(),
    ping: () => bus.ping(),
    publish: (batch) => bus.publish(batch),
    subscribe: (topic, on) => bus.subscribe(topic, on),
    onInterruption: (listener) => bus.onInterruption(listener),
    ...changed,
  };
}

const tops = (batch: readonly Publication[], change: (topic: Topic) => Topic): readonly Publication[] =>
  batch.map(({ topics, envelope }) => ({ topics: topics.map(change), envelope }));

export const brokenBuses: readonly BrokenBus[] = [
  {
    fault: "knows topics of users and conversations alone",
    noticed: [
      "publish and subscribe > reaches the topics it names and no others, whatever they are called",
      "publish and subscribe > carries whatever nodes say to each other, whole, to one and to all",
    ],
    breaks: (bus) =>
      but(bus, {
        publish: (batch) =>
          bus.publish(
            batch.map(({ topics, envelope }) => ({ topics: topics.filter((each) => each !== "nodes"), envelope })),
          ),
      }),
  },
  {
    fault: "carries of an envelope what it knows alone",
    noticed: ["publish and subscribe > carries whatever nodes say to each other, whole, to one and to all"],
    breaks: (bus) =>
      but(bus, {
        publish: (batch) =>
          bus.publish(
            batch.map(({ topics, envelope }) => {
              const { digest: _, ...known } = envelope as Envelope & { readonly digest?: unknown };
              return { topics, envelope: known as Envelope };
            }),
          ),
      }),
  },
  {
    fault: "delivers by the first hundred topics",
    noticed: ["publish and subscribe > reaches a node by any of a thousand topics, once for each at most"],
    breaks: (bus) =>
      but(bus, {
        publish: (batch) =>
          bus.publish(batch.map(({ topics, envelope }) => ({ topics: topics.slice(0, 100), envelope }))),
      }),
  },
  {
    fault: "sends what it has sent before no second time",
    noticed: ["publish and subscribe > sends a repeat twice"],
    breaks: (bus) => {
      const sent = new Set<string>();
      return but(bus, {
        publish: (batch) =>
          bus.publish(
            batch.filter((each) => {
              const known = sent.has(JSON.stringify(each));
              sent.add(JSON.stringify(each));
              return !known;
            }),
          ),
      });
    },
  },
  {
    fault: "forgets a cancellation that comes before it is ready",
    noticed: ["publish and subscribe > a subscription that was cancelled before it was ready hears nothing"],
    breaks: (bus) =>
      but(bus, {
        subscribe: (topic, on) => {
          const { ready, cancel } = bus.subscribe(topic, on);
          let isReady = false;
          const later = ready.then(() => {
            isReady = true;
          });
          return { ready: later, cancel: () => (isReady ? cancel() : undefined) };
        },
      }),
  },
  {
    fault: "delivers to the node that published, too",
    noticed: [
      "publish and subscribe > does not come back to the node that published it",
      "interruption > I26: leaves every subscription as it was",
    ],
    breaks: (bus) => {
      const own = new Map<Topic, (envelope: Envelope) => void>();
      return but(bus, {
        publish: async (batch) => {
          await bus.publish(batch);
          for (const { topics, envelope } of batch) for (const topic of topics) own.get(topic)?.(envelope);
        },
        subscribe: (topic, on) => {
          own.set(topic, on);
          return bus.subscribe(topic, on);
        },
      });
    },
  },
  {
    fault: "takes topics without regard to case",
    noticed: ["publish and subscribe > reaches the topics it names and no others, whatever they are called"],
    breaks: (bus) =>
      but(bus, {
        publish: (batch) => bus.publish(tops(batch, (topic) => topic.toLowerCase() as Topic)),
        subscribe: (topic, on) => bus.subscribe(topic.toLowerCase() as Topic, on),
      }),
  },
  {
    fault: "loses large envelopes",
    noticed: ["publish and subscribe > carries an envelope of 256 KiB and any text"],
    breaks: (bus) =>
      but(bus, {
        publish: (batch) => bus.publish(batch.filter((each) => JSON.stringify(each.envelope).length < 65_536)),
      }),
  },
  {
    fault: "loses all but the first of a batch",
    noticed: [
      "publish and subscribe > reaches the topics it names and no others, whatever they are called",
      "publish and subscribe > carries whatever nodes say to each other, whole, to one and to all",
      "publish and subscribe > sends a repeat twice",
      "publish and subscribe > a subscription that was cancelled before it was ready hears nothing",
      "publish and subscribe > five hundred topics that are asked for at once are all heard",
      "publish and subscribe > an empty batch is no error, nor is what nobody listens to, or is for nobody",
      "interruption > I26: leaves every subscription as it was",
    ],
    breaks: (bus) => but(bus, { publish: (batch) => bus.publish(batch.slice(0, 1)) }),
  },
  {
    fault: "hands the same object to all who listen",
    noticed: [
      "publish and subscribe > what the publisher does to an envelope afterwards does not reach the others, nor they each other",
    ],
    breaks: (bus) => {
      const seen = shared;
      return but(bus, {
        subscribe: (topic, on) =>
          bus.subscribe(topic, (envelope) => {
            const key = JSON.stringify(envelope);
            if (!seen.has(key)) seen.set(key, envelope);
            on(seen.get(key) ?? envelope);
          }),
      });
    },
  },
  {
    fault: "says that it listens before it does",
    noticed: [
      "publish and subscribe > an envelope reaches every other node that subscribed, as it was",
      "publish and subscribe > does not come back to the node that published it",
      "publish and subscribe > reaches the topics it names and no others, whatever they are called",
      "publish and subscribe > carries whatever nodes say to each other, whole, to one and to all",
      "publish and subscribe > reaches a node by any of a thousand topics, once for each at most",
      "publish and subscribe > sends a repeat twice",
      "publish and subscribe > a subscription that was cancelled before it was ready hears nothing",
      "publish and subscribe > carries an envelope of 256 KiB and any text",
      "publish and subscribe > what the publisher does to an envelope afterwards does not reach the others, nor they each other",
      "publish and subscribe > a cancelled subscription hears nothing, its neighbour on the same topic still does",
      "publish and subscribe > a topic that was given up and taken again is heard from then on, once",
      "publish and subscribe > a topic that a publication names twice is heard, twice at most",
      "publish and subscribe > five hundred topics that are asked for at once are all heard",
      "publish and subscribe > what is published by many calls at once, by two nodes, all arrives where the link is well",
      "publish and subscribe > a listener may cancel itself, subscribe and publish from within",
      "publish and subscribe > a closed node hears nothing, and the others go on",
      "publish and subscribe > an empty batch is no error, nor is what nobody listens to, or is for nobody",
      "interruption > I26: leaves every subscription as it was",
    ],
    breaks: (bus) =>
      but(bus, {
        subscribe: (topic, on) => {
          let cancel = (): void => {};
          // As long as another node's answer takes.
          const later = async (): Promise<void> => {
            for (let turn = 0; turn < 20; turn++) await Promise.resolve();
            ({ cancel } = bus.subscribe(topic, on));
          };
          void later();
          const ready = bus.ping();
          ready.catch(() => {});
          return { ready, cancel: () => cancel() };
        },
      }),
  },
  {
    fault: "goes on after a cancellation",
    noticed: [
      "publish and subscribe > a subscription that was cancelled before it was ready hears nothing",
      "publish and subscribe > a cancelled subscription hears nothing, its neighbour on the same topic still does",
      "publish and subscribe > a listener may cancel itself, subscribe and publish from within",
      "interruption > I26: leaves every subscription as it was",
    ],
    breaks: (bus) => but(bus, { subscribe: (topic, on) => ({ ...bus.subscribe(topic, on), cancel: () => {} }) }),
  },
  {
    fault: "ends the whole topic with one cancellation",
    noticed: [
      "publish and subscribe > a cancelled subscription hears nothing, its neighbour on the same topic still does",
    ],
    breaks: (bus) => {
      const open = new Map<Topic, (() => void)[]>();
      return but(bus, {
        subscribe: (topic, on) => {
          const { ready, cancel } = bus.subscribe(topic, on);
          const all = [...(open.get(topic) ?? []), cancel];
          open.set(topic, all);
          return {
            ready,
            cancel: () => {
              for (const each of open.get(topic) ?? []) each();
            },
          };
        },
      });
    },
  },
  {
    fault: "never tells of an interruption",
    noticed: ["interruption > I26: is told to every listener on every node, and what comes later arrives"],
    breaks: (bus) => but(bus, { onInterruption: () => () => {} }),
  },
  {
    fault: "goes on telling of interruptions after the undo",
    noticed: ["interruption > I26: is told to every listener on every node, and what comes later arrives"],
    breaks: (bus) =>
      but(bus, {
        onInterruption: (listener) => {
          bus.onInterruption(listener);
          return () => {};
        },
      }),
  },
  {
    fault: "publishes after close",
    noticed: [
      "opening and closing > every call rejects with closed before open",
      "opening and closing > every call rejects with closed after close",
      "opening and closing > every call rejects with closed from the moment close is called",
      "opening and closing > close without open does nothing",
      "publish and subscribe > what is under way when its node closes ends, one way or the other",
      "publish and subscribe > a closed node hears nothing, and the others go on",
    ],
    breaks: (bus) =>
      but(bus, {
        publish: (batch) => bus.publish(batch).catch(() => {}),
      }),
  },
  {
    fault: "may be opened twice",
    noticed: ["opening and closing > a second open is refused with conflict, and the first stands"],
    breaks: (bus) => but(bus, { open: () => bus.open().catch(() => {}) }),
  },
  {
    fault: "hears on after close",
    noticed: [
      "opening and closing > every call rejects with closed after close",
      "opening and closing > every call rejects with closed from the moment close is called",
      "publish and subscribe > what is under way when its node closes ends, one way or the other",
      "publish and subscribe > a closed node hears nothing, and the others go on",
    ],
    breaks: (bus) => but(bus, { close: async () => {} }),
  },
  {
    fault: "refuses an empty batch",
    noticed: ["publish and subscribe > an empty batch is no error, nor is what nobody listens to, or is for nobody"],
    breaks: (bus) =>
      but(bus, {
        publish: async (batch) => {
          if (batch.length === 0) throw new TypeError("nothing to publish");
          await bus.publish(batch);
        },
      }),
  },
  {
    fault: "loses its subscriptions in an interruption",
    noticed: [
      "interruption > I26: is told to every listener on every node, and what comes later arrives",
      "interruption > I26: leaves every subscription as it was",
    ],
    breaks: (bus) => {
      const cancels: (() => void)[] = [];
      bus.onInterruption(() => {
        for (const cancel of cancels) cancel();
      });
      return but(bus, {
        subscribe: (topic, on) => {
          const subscription = bus.subscribe(topic, on);
          cancels.push(subscription.cancel);
          return subscription;
        },
      });
    },
  },
  {
    fault: "takes a topic once and never again",
    noticed: ["publish and subscribe > a topic that was given up and taken again is heard from then on, once"],
    breaks: (bus) => {
      const taken = new Map<Topic, number>();
      return but(bus, {
        subscribe: (topic, on) => {
          const before = taken.get(topic);
          if (before === 0) return { ready: bus.ping(), cancel: () => {} };
          taken.set(topic, (before ?? 0) + 1);
          const { ready, cancel } = bus.subscribe(topic, on);
          let cancelled = false;
          return {
            ready,
            cancel: () => {
              if (!cancelled) taken.set(topic, (taken.get(topic) ?? 1) - 1);
              cancelled = true;
              cancel();
            },
          };
        },
      });
    },
  },
  {
    fault: "keeps a hundred topics at most",
    noticed: ["publish and subscribe > five hundred topics that are asked for at once are all heard"],
    breaks: (bus) => {
      let kept = 0;
      return but(bus, {
        subscribe: (topic, on) => (kept++ < 100 ? bus.subscribe(topic, on) : { ready: bus.ping(), cancel: () => {} }),
      });
    },
  },
  {
    fault: "loses what is published while it publishes",
    noticed: [
      "publish and subscribe > what is published by many calls at once, by two nodes, all arrives where the link is well",
      "publish and subscribe > a listener may cancel itself, subscribe and publish from within",
    ],
    breaks: (bus) => {
      let busy = false;
      return but(bus, {
        publish: async (batch) => {
          if (busy) return bus.ping();
          busy = true;
          await bus.publish(batch).finally(() => {
            busy = false;
          });
        },
      });
    },
  },
  {
    fault: "is of no use to a listener while it calls it",
    noticed: ["publish and subscribe > a listener may cancel itself, subscribe and publish from within"],
    breaks: (bus) => {
      let calling = false;
      return but(bus, {
        publish: (batch) => (calling ? bus.ping() : bus.publish(batch)),
        subscribe: (topic, on) =>
          bus.subscribe(topic, (envelope) => {
            calling = true;
            on(envelope);
            calling = false;
          }),
      });
    },
  },
  {
    fault: "hears after an interruption what was asked for before it alone",
    noticed: ["interruption > I26: leaves every subscription as it was"],
    breaks: (bus) => {
      let interrupted = false;
      bus.onInterruption(() => {
        interrupted = true;
      });
      return but(bus, {
        subscribe: (topic, on) => (interrupted ? { ready: bus.ping(), cancel: () => {} } : bus.subscribe(topic, on)),
      });
    },
  },
];

const shared = new Map<string, Envelope>();
