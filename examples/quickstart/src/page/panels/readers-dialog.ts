import type { Live, ReceiptsView } from "@earshot/client";
import { avatar } from "../ui/avatar.ts";
import { openDialog } from "../ui/dialog.ts";
import { element } from "../ui/element.ts";

/** Who has read a message, who only has it, and who does not have it yet; live while it is open. */
export function openReaders(seq: number, receipts: Live<ReceiptsView>): void {
  const lists = element("div", { class: "readers" });
  const show = ({ members }: ReceiptsView): void => {
    const all = [...members].map(([user, { delivered, read }]) => ({ user, delivered, read }));
    const read = all.filter((each) => each.read >= seq);
    const delivered = all.filter((each) => each.read < seq && each.delivered >= seq);
    const waiting = all.filter((each) => each.read < seq && each.delivered < seq);
    lists.replaceChildren(
      ...group("Read by", "readers-read", read),
      ...group("Delivered to", "readers-delivered", delivered),
      ...group("Not yet delivered to", "readers-waiting", waiting),
    );
  };
  show(receipts.current);
  const undo = receipts.subscribe(show);
  const done = element("button", {
    class: "button button-quiet",
    text: "Done",
    attributes: { type: "button" },
    on: { click: () => dialog.close() },
  });
  const dialog = openDialog({
    heading: "Read by",
    testId: "readers",
    content: [lists],
    buttons: [done],
    onClose: undo,
  });
  done.focus();
}

function group(heading: string, testId: string, people: readonly { readonly user: string }[]): readonly HTMLElement[] {
  if (people.length === 0) return [];
  const names = people
    .map(({ user }) => user)
    .sort()
    .map((user) => element("li", { class: "reader" }, [avatar(user, "small"), element("span", { text: user })]));
  return [
    element("h3", { class: "section-heading", text: heading }),
    element("ul", { attributes: { "data-testid": testId } }, names),
  ];
}
