import type { Invariant } from "./indexed-history.ts";

/**
 * I6: nobody ever sees two events at one (conversation, epoch, seq), except that a deleted one loses its body. What
 * disagrees has been told while the logs were read; this looks at bodies that are gone.
 */
export const agreement: Invariant = ({ logs, sends, book }, report) => {
  for (const log of logs.values()) {
    const places = log.final?.places ?? [];
    // only a deletion behind it takes a body away
    let deletions = 0;
    for (let seq = places.length - 1; seq > 0; seq--) {
      const place = places[seq];
      if (place?.type === "delete") deletions++;
      const [no] = place?.store ?? [];
      if (no === undefined || place?.cmid === undefined) continue;
      const line = book.lines[no];
      if (line?.ev !== "log" || line.hash !== undefined || deletions > 0) continue;
      report.violated("I6", `${log.conv} ${seq}: the log has lost its body, and nobody has deleted it`, no);
    }
  }
  for (const send of sends.all) {
    for (const { life, seq, no } of send.answers) {
      const place = life?.places[seq];
      if (place === undefined || (place.cmid === send.cmid && place.from === send.user)) continue;
      const other = Number.isFinite(place.firstNo) ? place.firstNo : place.store[0];
      report.violated("I6", `${send.conv} ${seq}: ${send.cmid} was told to be there, and another is`, no, other);
    }
  }
};
