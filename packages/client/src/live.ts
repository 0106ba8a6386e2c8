/** Takes back what the call that returned it did. Calling it again does nothing. */
export type Undo = () => void;

/**
 * A value that changes, in the shape of an external store: `subscribe` may be handed to a framework's
 * hook as it is.
 */
export interface Live<T> {
  /** Frozen, and the same object until it changes. */
  readonly current: T;
  /**
   * Calls `listener` with the new value after each change, never with the present one, and never
   * from within the call that subscribes. What a listener throws reaches the host as an unhandled
   * rejection and stops neither the client nor other listeners.
   */
  subscribe(listener: (value: T) => void): Undo;
}
