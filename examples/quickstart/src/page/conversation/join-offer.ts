import type { Conversation } from "@earshot/client";
import { element, setText } from "../ui/element.ts";
import { errorWords } from "../words/error-words.ts";

/** For a link to a conversation that is not the user's: an open one can be joined. */
export function joinOffer(conversation: Conversation): HTMLElement {
  const fault = element("p", { class: "fault", attributes: { role: "alert" } });
  const join = async (): Promise<void> => {
    button.disabled = true;
    setText(fault, "");
    try {
      await conversation.join();
    } catch (error) {
      const words = errorWords(error);
      setText(fault, `You could not join. ${words} It may not be open to everybody, or not exist.`);
    } finally {
      button.disabled = false;
    }
  };
  const button = element("button", {
    class: "button",
    text: "Join the conversation",
    attributes: { type: "button", "data-testid": "join" },
    on: { click: () => void join() },
  });
  return element("div", { class: "join" }, [button, fault]);
}
