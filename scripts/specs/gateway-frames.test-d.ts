import type { GatewayFrame } from "@earshot/protocol";
import type { SpecifiedFrame } from "./gateway-frames.ts";

/** What a schema lets through may be changed by who parsed it; a frame may not. */
type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

type Assignable<A, B> = [A] extends [B] ? true : false;

/** The specification describes protocol's frames, no more and no less. */
export const proof: {
  readonly described: Assignable<DeepReadonly<GatewayFrame>, DeepReadonly<SpecifiedFrame>>;
  readonly real: Assignable<DeepReadonly<SpecifiedFrame>, DeepReadonly<GatewayFrame>>;
  readonly types: Assignable<GatewayFrame["t"], SpecifiedFrame["t"]>;
} = { described: true, real: true, types: true };
