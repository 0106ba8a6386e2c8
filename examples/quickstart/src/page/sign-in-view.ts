import { element, setText } from "./ui/element.ts";
import { isName, NAME_RULE, tidyName } from "./words/user-name.ts";

/** Asks for a name. `problem` says why the last one was not taken. */
export function signInView(onSignIn: (user: string) => void, problem: string | null): HTMLElement {
  const fault = element("p", {
    class: "fault",
    text: problem ?? "",
    attributes: { id: "sign-in-fault", role: "alert" },
  });
  const input = element("input", {
    class: "field",
    attributes: {
      id: "sign-in-name",
      name: "user",
      "data-testid": "sign-in-name",
      "aria-describedby": "sign-in-rule sign-in-fault",
      autocomplete: "username",
      autocapitalize: "none",
      spellcheck: "false",
      enterkeyhint: "go",
      placeholder: "alice",
    },
    on: { input: () => setText(fault, "") },
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    const name = tidyName(input.value);
    if (isName(name)) {
      onSignIn(name);
      return;
    }
    setText(fault, name === "" ? "Type a name first." : `That name cannot be used. ${NAME_RULE}`);
    input.setAttribute("aria-invalid", "true");
    input.focus();
  };
  const form = element("form", { class: "card sign-in", attributes: { novalidate: "" }, on: { submit } }, [
    element("img", { class: "mark", attributes: { src: "icon.svg", alt: "", width: "44", height: "44" } }),
    element("h1", { text: "Earshot quickstart" }),
    element("p", { class: "muted", text: "Pick a name and start talking. Open a second tab to be somebody else." }),
    element("label", { text: "Your name", attributes: { for: "sign-in-name" } }),
    input,
    element("p", { class: "hint", text: NAME_RULE, attributes: { id: "sign-in-rule" } }),
    fault,
    element("button", { class: "button button-wide", text: "Sign in", attributes: { "data-testid": "sign-in" } }),
    element("p", {
      class: "hint demo-note",
      text: "A demonstration: there is no password, and anyone can sign in under any name.",
    }),
  ]);
  queueMicrotask(() => input.focus());
  return element("main", { class: "sign-in-screen" }, [form]);
}
