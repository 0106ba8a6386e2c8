/** The only source of chance in the engine. */
export interface Random {
  /** Uniform in [0, 1). For jitter, never for secrets. */
  float(): number;
  /** `count` bytes fit for keys and session ids. */
  bytes(count: number): Uint8Array;
}
