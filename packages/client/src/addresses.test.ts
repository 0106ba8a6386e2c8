import { describe, expect, it } from "vitest";
import { addressesOf } from "./addresses.ts";

describe("addressesOf", () => {
  it.each([
    ["https://example.com/chat", undefined, "https://example.com/chat", "wss://example.com/chat/ws"],
    ["https://example.com/chat//", undefined, "https://example.com/chat", "wss://example.com/chat/ws"],
    ["http://localhost:3000", undefined, "http://localhost:3000", "ws://localhost:3000/ws"],
    ["HTTP://[::1]:80/a/b?x=1#y", undefined, "http://[::1]:80/a/b", "ws://[::1]:80/a/b/ws"],
    ["wss://example.com/chat", undefined, "https://example.com/chat", "wss://example.com/chat/ws"],
    ["/chat", "https://example.com/app/#/x", "https://example.com/chat", "wss://example.com/chat/ws"],
    ["chat", "http://example.com/app/", "http://example.com/app/chat", "ws://example.com/app/chat/ws"],
    ["//other.example/chat", "http://example.com/", "http://other.example/chat", "ws://other.example/chat/ws"],
  ])("of %s on %s", (url, page, http, socket) => {
    expect(addressesOf(url, page)).toEqual({ http, socket });
  });

  it.each([
    ["/chat", undefined],
    ["", undefined],
    ["ftp://example.com", undefined],
    ["/chat", "file:///index.html"],
    ["/chat", "about:blank"],
  ])("finds none in %s on %s", (url, page) => {
    expect(() => addressesOf(url, page)).toThrowError(expect.objectContaining({ code: "invalid" }));
  });
});
