/** What a mount needs of the engine. */
export interface FetchHandler {
  fetch(request: Request, context: { readonly address?: string; readonly base?: string }): Promise<Response>;
}
