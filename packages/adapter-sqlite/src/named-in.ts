/** A JSON text of user ids, or of `all`: strings alone, so that V8's reading of escaped keys does not matter. */
export function namedIn(mentions: string): readonly string[] | "all" {
  return JSON.parse(mentions) as readonly string[] | "all";
}
