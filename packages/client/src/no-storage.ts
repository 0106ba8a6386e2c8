import type { QueueKeep, StorageRoom } from "./storage-room.ts";

const nothing = (): void => {};

const inMemory: QueueKeep = {
  mayGo: () => true,
  mayHaveGone: () => false,
  put: nothing,
  settled: (_send, _outcome, done) => done?.(),
  forget: nothing,
  stop: nothing,
};

/** What a client without a storage does about it: everything is ready, and nothing is kept. */
export const noStorage: StorageRoom = {
  view: { status: "memory", error: null },
  ready: () => Promise.resolve(),
  begin: nothing,
  timeline: nothing,
  inboxChanged: nothing,
  timelineChanged: nothing,
  gone: nothing,
  forget: nothing,
  flush: nothing,
  queue: () => inMemory,
  close: () => Promise.resolve(),
};
