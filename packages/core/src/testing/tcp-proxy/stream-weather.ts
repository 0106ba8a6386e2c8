/** `up`: from whoever connects to the proxy to its target; `down`: back. */
export type Way = "up" | "down";

/** What befalls the bytes of one way, in every connection. */
export interface StreamWeather {
  /** How long each chunk waits before it is carried on, in ms. The order of bytes stays. */
  delayMs: number;
  /** Bytes, and the news that a side has ended, are taken and lost; nothing is closed. */
  swallowing: boolean;
  /** A connection whose chunk this holds for is reset instead of carrying it; null: none. */
  cutAt: ((chunk: Uint8Array) => boolean) | null;
}

export function fairWeather(): StreamWeather {
  return { delayMs: 0, swallowing: false, cutAt: null };
}
