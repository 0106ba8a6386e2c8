import { afterEach, describe, expect, it, vi } from "vitest";
import type { NetworkChange } from "../ports/network-status.ts";
import { pageAddress, pageNetwork } from "./browser.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("pageNetwork", () => {
  it("tells what a page hears of its network and of its sleep, until it is undone", () => {
    const window = new EventTarget();
    const document = Object.assign(new EventTarget(), { visibilityState: "hidden" });
    vi.stubGlobal("window", window);
    vi.stubGlobal("document", document);
    const heard: NetworkChange[] = [];
    const undo = pageNetwork.subscribe((change) => heard.push(change));
    const play = (): void => {
      window.dispatchEvent(new Event("offline"));
      window.dispatchEvent(new Event("online"));
      document.visibilityState = "hidden";
      document.dispatchEvent(new Event("visibilitychange"));
      document.visibilityState = "visible";
      document.dispatchEvent(new Event("visibilitychange"));
      window.dispatchEvent(new Event("pageshow"));
      document.dispatchEvent(new Event("resume"));
    };
    play();
    expect(heard).toEqual(["hidden", "offline", "online", "hidden", "wake", "wake", "wake"]);
    undo();
    play();
    expect(heard.length).toBe(7);
  });

  it("hears nothing where there is no page, nor where a window knows no events", () => {
    const undo = pageNetwork.subscribe(() => {});
    undo();
    // React Native has a `window` without `addEventListener`
    vi.stubGlobal("window", {});
    pageNetwork.subscribe(() => {})();
  });
});

describe("pageAddress", () => {
  it("is the page's, if there is one", () => {
    expect(pageAddress()).toBe(undefined);
    vi.stubGlobal("location", { href: "https://example.com/app" });
    expect(pageAddress()).toBe("https://example.com/app");
  });
});
