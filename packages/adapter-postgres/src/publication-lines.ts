import type { Publication, Topic } from "@earshot/core";
import { parseJson } from "@earshot/protocol";

/** Two lines for each: its topics, and its envelope. JSON has no line breaks of its own. */
export function writeLines({ topics, envelope }: Publication): string {
  return `${JSON.stringify(topics)}\n${JSON.stringify(envelope)}`;
}

/** Envelopes are left as they came, for who listens to them. What is not of this shape is left out: a peer may say what it likes. */
export function* readLines(text: string): Iterable<{ readonly topics: readonly Topic[]; readonly text: string }> {
  const lines = text.split("\n");
  for (let at = 0; at + 1 < lines.length; at += 2) {
    yield { topics: readTopics(lines[at] ?? ""), text: lines[at + 1] ?? "" };
  }
}

function readTopics(line: string): readonly Topic[] {
  try {
    const topics: unknown = parseJson(line);
    return Array.isArray(topics) ? topics.filter((topic): topic is Topic => typeof topic === "string") : [];
  } catch {
    return [];
  }
}
