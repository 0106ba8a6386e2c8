/** This package's version, as it names itself to gateways. */
export const VERSION = "0.1.0";
