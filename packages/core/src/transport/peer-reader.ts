import type { Logger } from "../ports/logger.ts";
import { type RawRequest, type SeenRequest, seeRequest } from "./origin.ts";
import { trustedProxies } from "./trusted-proxies.ts";

export interface PeerReaderSurroundings {
  readonly origins: readonly string[] | null;
  readonly trustedProxies: readonly string[];
  readonly logger: Logger;
  /** Whether requests without TLS are worth a warning. */
  readonly production: boolean;
}

/** Sees each request for every transport, by the host's origins and proxies. */
export class PeerReader {
  readonly #house: PeerReaderSurroundings;
  readonly #trusts: (address: string) => boolean;
  #warned = false;

  constructor(house: PeerReaderSurroundings) {
    this.#house = house;
    this.#trusts = trustedProxies(house.trustedProxies);
  }

  see(request: RawRequest): SeenRequest {
    const seen = seeRequest(request, { origins: this.#house.origins, trusts: this.#trusts });
    if (!seen.secure && this.#house.production && !this.#warned) {
      this.#warned = true;
      // S3: one warning, since an address in a log for each request would be a second mistake.
      this.#house.logger.warn(
        {},
        "a request came without TLS from an address that is not one of option trustedProxies; tokens can be read on the way",
      );
    }
    return seen;
  }
}
