/** What grows with connections, and is back at 0 when they are gone (I25). */
export interface Gauges {
  readonly sessions: number;
  /** Sessions whose deadlines are looked at. */
  readonly swept: number;
  /** Sessions by polls and streams, and those that have ended so lately that a client may not have heard of it. */
  readonly polls: number;
  /** Users that have a session here. */
  readonly users: number;
  /** Topics of users and conversations that are listened to on the bus. */
  readonly topics: number;
  /** Subscriptions of sessions to conversations. */
  readonly subscriptions: number;
  /** Conversations whose heads sessions are told without a subscription. */
  readonly headed: number;
  /** Conversations whose receipts are counted for sessions here. */
  readonly tallied: number;
  /** Members' watermarks that are not written yet; they are within seconds. */
  readonly watermarks: number;
  /** Sessions that count as present, up to 45 s after their end. */
  readonly present: number;
  /** Sessions that watch somebody's presence. */
  readonly watchers: number;
  /** Addresses that have a session here. */
  readonly addresses: number;
  /** Bytes kept for sessions: events that are not acknowledged, answers that are not read. */
  readonly outboxBytes: number;
  /** Sessions' conversations with a send about which the host is being asked. */
  readonly asked: number;
}
