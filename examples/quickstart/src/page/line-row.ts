import { element } from "./element.ts";
import type { Row } from "./keyed-rows.ts";
import type { Line } from "./lines.ts";
import { MessageRow, type SendControl } from "./message-row.ts";
import { noticeWords } from "./notice-words.ts";

/** The row for a line; the kind of a line never changes under its key. */
export function lineRow(line: Line, user: string, control: SendControl): Row<Line> {
  switch (line.kind) {
    case "message":
      return new MessageRow(line, control);
    case "day":
      return still(element("li", { class: "day" }, [element("h3", { class: "day-name", text: line.text })]));
    case "notice":
      return still(
        element("li", {
          class: "notice",
          text: noticeWords(line.notice, user),
          attributes: { "data-seq": String(line.notice.seq) },
        }),
      );
    case "hole":
      return still(element("li", { class: "notice", text: "Loading missing messages…" }));
  }
}

function still(shown: HTMLElement): Row<Line> {
  return { element: shown, update: () => {} };
}
