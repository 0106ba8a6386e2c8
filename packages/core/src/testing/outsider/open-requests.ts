/** A request without an answer yet, and what may become of it. */
export interface OpenRequest {
  /** As failures name it. */
  readonly name: string;
  /** What may come of it by how things stand now. */
  readonly outcomes: () => readonly string[];
  /** What may come of it by how things stood at any time since it was asked. */
  readonly possible: Set<string>;
}

/**
 * Requests on their way. Whatever changes meanwhile adds to what may come of each, so that an answer is
 * right if it was at one moment between question and answer, and exact where nothing else happened.
 */
export class OpenRequests {
  readonly #open = new Set<OpenRequest>();
  readonly #fail: (why: string) => never;
  /** Whether the store fails just now: then everything may be `unavailable`. */
  failing: () => boolean = () => false;

  constructor(fail: (why: string) => never) {
    this.#fail = fail;
  }

  get names(): readonly string[] {
    return [...this.#open].map(({ name }) => name);
  }

  begin<R extends OpenRequest>(request: R): R {
    this.#open.add(request);
    this.#consider(request);
    return request;
  }

  /** Something has changed. */
  changed(): void {
    for (const request of this.#open) this.#consider(request);
  }

  /** Whether it may come of the request. */
  allows(request: OpenRequest, outcome: string): boolean {
    this.#consider(request);
    return request.possible.has(outcome) || (outcome === "unavailable" && this.failing());
  }

  end(request: OpenRequest, outcome: string): void {
    if (!this.#open.delete(request)) this.#fail(`${request.name} was answered twice, last by ${outcome}`);
    if (this.allows(request, outcome)) return;
    this.#fail(`${request.name} was answered by ${outcome}; it may be ${[...request.possible].join(" or ")}`);
  }

  /** Nobody waits for an answer any longer. */
  drop(request: OpenRequest): void {
    this.#open.delete(request);
  }

  #consider(request: OpenRequest): void {
    for (const outcome of request.outcomes()) request.possible.add(outcome);
  }
}
