import { describe, expect, it } from "vitest";
import { ChatEngine } from "../chat-engine.ts";
import { memoryStore } from "../store/memory-message-store.ts";

async function answerTo(headers: Record<string, string>, origins?: readonly string[], method = "GET") {
  const chat = new ChatEngine({
    store: memoryStore(),
    authenticate: ({ token }) => (token === null ? null : { user: token }),
    ...(origins === undefined ? {} : { origins }),
  });
  await chat.start();
  const request = new Request("http://localhost/conversations", {
    method,
    headers: { host: "example.com", authorization: "Bearer alice", ...headers },
  });
  const response = await chat.fetch(request);
  await chat.close();
  const cors = [...response.headers.keys()].filter((name) => name.startsWith("access-control-"));
  return { status: response.status, headers: response.headers, cors };
}

const ASKED = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" };

describe("CORS", () => {
  it("S4: by default says nothing, to nobody", async () => {
    for (const headers of [{}, { origin: "https://example.com" }, { origin: "https://evil.com" }]) {
      expect((await answerTo(headers)).cors).toEqual([]);
      expect((await answerTo({ ...headers, ...ASKED }, undefined, "OPTIONS")).cors).toEqual([]);
    }
    expect((await answerTo({ origin: "https://example.com" })).status).toBe(200);
    expect((await answerTo({ origin: "https://evil.com" })).status).toBe(403);
    expect((await answerTo({ origin: "https://evil.com", ...ASKED }, undefined, "OPTIONS")).status).toBe(403);
  });

  it.each(["https://app.example", "capacitor://localhost", "tauri://localhost"])(
    "S4: opens itself to %s where that is listed, exactly, and never to all",
    async (origin) => {
      const origins = ["https://other.example", origin];
      const { status, headers } = await answerTo({ origin }, origins);
      expect([status, headers.get("access-control-allow-origin")]).toEqual([200, origin]);
      expect(headers.get("access-control-allow-credentials")).toBe("true");
      expect(headers.get("vary")).toBe("origin");
      const preflight = await answerTo({ origin, ...ASKED }, origins, "OPTIONS");
      expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([204, origin]);
      expect(preflight.headers.get("access-control-allow-headers")).toContain("earshot-secret");
      expect((await answerTo({}, origins)).cors).toEqual([]);
      expect(await answerTo({ origin: `${origin}.evil.com` }, origins)).toMatchObject({ status: 403, cors: [] });
    },
  );

  it("S4: answers an OPTIONS that is no preflight as any unknown call", async () => {
    const { status } = await answerTo({ origin: "https://app.example" }, ["https://app.example"], "OPTIONS");
    expect(status).toBe(404);
  });
});
