import type { Logger } from "../ports/logger.ts";

/** The default: says nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};
