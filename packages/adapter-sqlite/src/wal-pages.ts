import { closeSync, openSync, readSync } from "node:fs";

/** What a write-ahead log holds up to its last commit. */
export interface WalPages {
  readonly pageBytes: number;
  /** Pages that the database has after that commit. */
  readonly databasePages: number;
  /** Numbers of the pages that the log holds. */
  readonly pages: ReadonlySet<number>;
}

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * Reads which pages a write-ahead log holds (sqlite.org/fileformat2.html, 4.1); null if there is no
 * log, or none with a commit. Looks at frame headers and salts, not at checksums: of a torn last
 * commit it may name pages too many, never too few.
 */
export function readWalPages(path: string): WalPages | null {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return null;
  }
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    if (readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return null;
    // The last bit tells the byte order of the checksums.
    if ((header.readUInt32BE(0) & ~1) !== 0x377f0682) return null;
    const pageBytes = header.readUInt32BE(8);
    const found = readFrames(file, pageBytes, header.subarray(16, 24));
    return found.databasePages === 0 ? null : { pageBytes, ...found };
  } finally {
    closeSync(file);
  }
}

function readFrames(file: number, pageBytes: number, salts: Buffer): Omit<WalPages, "pageBytes"> {
  const pages = new Set<number>();
  let uncommitted: number[] = [];
  let databasePages = 0;
  const frame = Buffer.alloc(FRAME_HEADER_BYTES);
  for (let at = HEADER_BYTES; ; at += FRAME_HEADER_BYTES + pageBytes) {
    // Another salt: what an earlier life of the log has left behind.
    if (readSync(file, frame, 0, FRAME_HEADER_BYTES, at) < FRAME_HEADER_BYTES) break;
    if (!frame.subarray(8, 16).equals(salts)) break;
    uncommitted.push(frame.readUInt32BE(0));
    const pagesAfterCommit = frame.readUInt32BE(4);
    if (pagesAfterCommit === 0) continue;
    databasePages = pagesAfterCommit;
    for (const page of uncommitted) pages.add(page);
    uncommitted = [];
  }
  return { databasePages, pages };
}
