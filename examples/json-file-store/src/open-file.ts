import { randomUUID } from "node:crypto";
import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import { ChatError, isChatError } from "@earshot/core";
import type { Durability } from "@earshot/protocol";
import { type Content, emptyContent } from "./content.ts";
import { contentOf, textOf } from "./content-text.ts";
import { type Release, takeFile } from "./file-lock.ts";
import { SaveQueue } from "./save-queue.ts";
import { durabilityIn, placeOf, replaceText, textIn } from "./whole-file.ts";

/** The file while it is this store's. */
export interface OpenFile {
  readonly content: Content;
  readonly durability: Durability;
  readonly saves: SaveQueue;
  /** Rejects unless the file is there and can be written. */
  check(): Promise<void>;
  readonly release: Release;
}

export async function openFile(file: string): Promise<OpenFile> {
  const place = await placeOf(file);
  const release = await takeFile(place);
  try {
    const text = await textIn(place);
    const content = text === null ? emptyContent(randomUUID()) : contentOf(text);
    // Written at once: whether that can be done is better known now than at the first message.
    await unavailably("open", () => replaceText(place, textOf(content)));
    const write = (): Promise<void> => unavailably("write", () => replaceText(place, textOf(content)));
    return {
      content,
      durability: await durabilityIn(dirname(place)),
      saves: new SaveQueue(() => content.tick, write),
      check: () => unavailably("read", () => access(place, constants.R_OK | constants.W_OK)),
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function unavailably(what: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    if (isChatError(cause)) throw cause;
    throw new ChatError("unavailable", `unable to ${what} store; the file system refuses it`, {
      cause,
      retryAfterMs: 1_000,
    });
  }
}
