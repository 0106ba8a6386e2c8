import type { EncodedFrames } from "../ports/transport.ts";

const FIN_TEXT = 0x81;

/** Unmasked WebSocket text frames (RFC 6455, 5.2), all texts in one piece of memory. */
export function wsFrames({ texts, bytes: contentBytes }: EncodedFrames): Uint8Array {
  const only = texts.length === 1 ? texts[0] : undefined;
  if (only !== undefined) {
    const bytes = Buffer.allocUnsafe(headerBytes(contentBytes) + contentBytes);
    bytes.write(only, writeHeader(bytes, 0, contentBytes));
    return bytes;
  }
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + headerBytes(length) + length, 0));
  let at = 0;
  for (const [index, text] of texts.entries()) {
    at = writeHeader(bytes, at, lengths[index] ?? 0);
    at += bytes.write(text, at);
  }
  return bytes;
}

function headerBytes(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

function writeHeader(bytes: Buffer, at: number, length: number): number {
  bytes[at] = FIN_TEXT;
  if (length < 126) {
    bytes[at + 1] = length;
    return at + 2;
  }
  if (length < 65_536) {
    bytes[at + 1] = 126;
    return bytes.writeUInt16BE(length, at + 2);
  }
  bytes[at + 1] = 127;
  return bytes.writeBigUInt64BE(BigInt(length), at + 2);
}
