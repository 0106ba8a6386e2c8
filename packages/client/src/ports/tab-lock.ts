/** Lets one of several tabs do what only one should: sending what is stored. */
export interface TabLock {
  /**
   * Waits for the lock `name`; `held` is called once it is ours, and it stays ours until `release`, or
   * until the tab ends, however it ends. Returns `release`.
   */
  acquire(name: string, held: () => void): () => void;
}
