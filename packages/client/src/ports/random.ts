/** The only source of chance in the client: jitter and message ids. */
export interface Random {
  /** Uniform in [0, 1). */
  float(): number;
}
