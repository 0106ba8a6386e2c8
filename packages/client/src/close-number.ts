// The close codes that the client itself speaks of. Numbers, so that the table they stand in stays out of browsers.

/** `CLOSE.normal` */
export const NORMAL = 1000;
/** `CLOSE.protocolError` */
export const BROKEN = 1002;
/** `CLOSE.abnormal` */
export const ABNORMAL = 1006;
/** `CLOSE.tooLarge` */
export const OVERSIZED = 1009;
/** `CLOSE.malformed` */
export const MALFORMED = 4500;
/** `CLOSE.unauthenticated` */
export const REFUSED = 4501;
