import type { Fault } from "./fault.ts";

/** What befalls a device alone, and is executed by who has the devices. */
export type DeviceFault = Extract<
  Fault,
  { readonly kind: "crash device" | "fail storage" | "wipe storage" | "sleep device" }
>;
