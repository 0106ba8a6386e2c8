import type { Publication, Topic } from "@earshot/core";
import { parseJson } from "@earshot/protocol";

/** What was published at once, as it lies on the bus. */
export interface PublicationText {
  /** Whose it is: an end of the bus drops its own. */
  readonly origin: string;
  /** `topics` are null where the subject names the one. The envelope is left as it came, for who listens to it. */
  readonly publications: readonly { readonly topics: readonly Topic[] | null; readonly text: string }[];
}

/** Lines: whose it is, then for each publication its topics (or nothing) and its envelope. JSON has no line breaks of its own. */
export function writePublications(
  origin: string,
  publications: readonly { readonly topics: readonly Topic[] | null; readonly text: string }[],
): string {
  return [
    origin,
    ...publications.map(({ topics, text }) => `${topics === null ? "" : JSON.stringify(topics)}\n${text}`),
  ].join("\n");
}

/** null: it is not of this shape. */
export function readPublications(given: string): PublicationText | null {
  const [origin = "", ...lines] = given.split("\n");
  if (lines.length % 2 !== 0) return null;
  const publications: PublicationText["publications"][number][] = [];
  for (let at = 0; at < lines.length; at += 2) {
    const topics = readTopics(lines[at] ?? "");
    if (topics === undefined) return null;
    publications.push({ topics, text: lines[at + 1] ?? "" });
  }
  return { origin, publications };
}

/** The envelope's text is made once, however many topics it goes to. */
export function withText({ topics, envelope }: Publication): {
  readonly topics: readonly Topic[];
  readonly text: string;
} {
  return { topics, text: JSON.stringify(envelope) };
}

function readTopics(line: string): readonly Topic[] | null | undefined {
  if (line === "") return null;
  try {
    const topics: unknown = parseJson(line);
    return Array.isArray(topics) && topics.every((topic) => typeof topic === "string")
      ? (topics as Topic[])
      : undefined;
  } catch {
    return undefined;
  }
}
