import { ChatError, CLOSE, type CloseCode, type HelloFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../options.ts";
import type { Credentials as Asked, Authenticate, Claims, Identity, PeerRequest } from "../ports/authenticate.ts";
import { silentLogger } from "../system/silent-logger.ts";
import * as crypto from "../system/system-crypto.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { type Greeting, Handshake } from "./handshake.ts";
import { SharedRates } from "./shared-rates.ts";

const SECRET = "a secret of sixteen";
const REQUEST: PeerRequest = { address: "192.0.2.1", origin: null, headers: {} };
const HELLO: HelloFrame = { t: "hello", v: 1, device: "d1" };

function handshakeWith(authenticate: Authenticate, secrets: readonly string[] = [SECRET]) {
  const clock = new ManualClock();
  const asked: Asked[] = [];
  /** Who was revoked, with what mark. */
  const revoked = new Map<string, number>();
  const revocations = {
    mark: 4,
    tokenMs: 160_000,
    holds: (user: string, mark: number) => mark >= (revoked.get(user) ?? 0),
  };
  const revoke = (user: string): void => {
    revocations.mark += 1;
    revoked.set(user, revocations.mark);
  };
  const handshake = new Handshake({
    authenticate: (credentials) => {
      asked.push(credentials);
      return authenticate(credentials);
    },
    clock,
    logger: silentLogger,
    crypto,
    secrets,
    system: "system",
    revocations,
    limits: DEFAULT_LIMITS,
    sharedRates: new SharedRates({ shared: {}, clock, logger: silentLogger, limits: DEFAULT_LIMITS }),
    addressKey: (address) => address || null,
  });
  /** Says `hello` and lets time go on until there is an answer. */
  const greet = async (hello: Partial<HelloFrame>, request = REQUEST): Promise<Greeting> => {
    const greeting = handshake.greet({ ...HELLO, ...hello }, request);
    await clock.advance(0);
    return greeting;
  };
  return { clock, asked, handshake, greet, revocations, revoke };
}

const tokenIsUser: Authenticate = ({ token }) => (token === null ? null : { user: token });

function circle(): Claims {
  const claims: Record<string, unknown> = {};
  claims["self"] = claims;
  return claims;
}
const closedWith = (close: CloseCode): Greeting => ({ kind: "close", close });

describe("Handshake: a token", () => {
  it("welcomes whom the host knows, and tells the host all it may look at", async () => {
    const { greet, asked } = handshakeWith(() => ({ user: "alice" }));
    expect(await greet({ token: "t" })).toEqual({
      kind: "welcome",
      credentials: { user: "alice", expires: null, tokenHash: crypto.hash("t"), claims: null, mark: 4 },
      resumed: false,
    });
    expect(asked).toMatchObject([{ token: "t", request: REQUEST, device: "d1" }]);
    expect(asked[0]?.signal.aborted).toBe(false);
  });

  it("asks the host without a token too: cookies may tell", async () => {
    const { greet, asked } = handshakeWith(() => ({ user: "alice" }));
    expect(await greet({ token: null })).toMatchObject({ kind: "welcome", credentials: { tokenHash: null } });
    expect(await greet({})).toMatchObject({ kind: "welcome" });
    expect(asked.map(({ token }) => token)).toEqual([null, null]);
  });

  const answers: readonly (readonly [string, () => ReturnType<Authenticate>, CloseCode])[] = [
    ["null", () => null, CLOSE.unauthenticated],
    ["a promise of null", async () => null, CLOSE.unauthenticated],
    [
      "a ChatError unauthenticated",
      () => Promise.reject(new ChatError("unauthenticated", "no")),
      CLOSE.unauthenticated,
    ],
    [
      "an error of code expired",
      () => Promise.reject(Object.assign(new Error("old"), { code: "expired" })),
      CLOSE.expired,
    ],
    ["an identity that has ended", () => ({ user: "alice", expires: 1 }), CLOSE.expired],
    ["any other error", () => Promise.reject(new Error("database")), CLOSE.overloaded],
    [
      "an error that only looks like a refusal",
      () => Promise.reject(Object.assign(new Error("x"), { code: "unauthenticated" })),
      CLOSE.overloaded,
    ],
    ["a thrown string", () => Promise.reject("no"), CLOSE.overloaded],
    [
      "a throw before there is a promise",
      () => {
        throw new Error("at once");
      },
      CLOSE.overloaded,
    ],
    ["an empty user id", () => ({ user: "" }), CLOSE.overloaded],
    ["a user id with a space", () => ({ user: "al ice" }), CLOSE.overloaded],
    ["a user id that is a number", () => ({ user: 7 }) as unknown as Identity, CLOSE.overloaded],
    ["undefined", () => undefined as unknown as null, CLOSE.overloaded],
    ["an expiry that is none", () => ({ user: "alice", expires: Number.NaN }), CLOSE.overloaded],
    ["the user id that the host itself writes as", () => ({ user: "system" }), CLOSE.overloaded],
    ["claims over their bytes", () => ({ user: "alice", claims: { é: "x".repeat(1_016) } }), CLOSE.overloaded],
    ["claims that are a list", () => ({ user: "alice", claims: [1] as unknown as Claims }), CLOSE.overloaded],
    ["claims that are a text", () => ({ user: "alice", claims: "o1" as unknown as Claims }), CLOSE.overloaded],
    ["claims that are a Date", () => ({ user: "alice", claims: new Date(0) as unknown as Claims }), CLOSE.overloaded],
    ["claims that are no JSON", () => ({ user: "alice", claims: { big: 1n } }), CLOSE.overloaded],
    ["claims with half a character", () => ({ user: "alice", claims: { name: "\ud800" } }), CLOSE.overloaded],
    ["claims with a circle", () => ({ user: "alice", claims: circle() }), CLOSE.overloaded],
  ];
  it.each(answers)("closes for %s", async (_, answer, close) => {
    const { greet } = handshakeWith(answer);
    expect(await greet({ token: "t" })).toEqual(closedWith(close));
  });

  it("keeps the claims as JSON keeps them, up to their bound", async () => {
    const claims = { org: "o1", since: new Date(0), nothing: undefined, pad: "x".repeat(1_024 - 56) };
    const kept = { org: "o1", since: "1970-01-01T00:00:00.000Z", pad: claims.pad };
    expect(JSON.stringify(kept)).toHaveLength(1_024);
    const { greet } = handshakeWith(() => ({ user: "alice", claims }));
    expect(await greet({ token: "t" })).toMatchObject({ kind: "welcome", credentials: { claims: kept } });
  });

  it("waits 5 s for the host, then aborts and sends the client away for a while", async () => {
    const { clock, handshake, asked } = handshakeWith(() => new Promise(() => {}));
    const greeting = handshake.greet({ ...HELLO, token: "t" }, REQUEST);
    await clock.advance(4_999);
    expect(asked[0]?.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(await greeting).toEqual(closedWith(CLOSE.overloaded));
    expect(asked[0]?.signal.aborted).toBe(true);
  });

  it("I25: leaves no timer behind, however the host answers", async () => {
    const { clock, greet } = handshakeWith(({ token }) => {
      if (token === "throw") throw new Error("no");
      return token === "null" ? null : { user: "alice" };
    });
    for (const token of ["alice", "null", "throw"]) await greet({ token });
    expect(clock.pending).toBe(0);
  });
});

describe("Handshake: resume", () => {
  /** A resume token of alice on d1, made with the token `alice`, as of 1 s before. */
  async function resumable(authenticate: Authenticate = tokenIsUser, secrets?: readonly string[]) {
    const house = handshakeWith(authenticate, secrets);
    const greeting = await house.greet({ token: "alice" });
    if (greeting.kind !== "welcome") throw new Error("not welcome");
    const resume = house.handshake.renew(greeting.credentials, "d1");
    house.asked.length = 0;
    await house.clock.advance(1_000);
    return { ...house, resume };
  }

  const welcome = {
    kind: "welcome",
    credentials: { user: "alice", expires: null, tokenHash: crypto.hash("alice"), claims: null, mark: 4 },
    resumed: true,
  };

  it.each([undefined, null, "alice"])("that holds is enough, with the same token or none: %j", async (token) => {
    const { greet, resume, asked } = await resumable();
    expect(await greet({ resume, ...(token === undefined ? {} : { token }) })).toEqual(welcome);
    expect(asked).toEqual([]);
  });

  it("may be used more than once", async () => {
    const { greet, resume } = await resumable();
    for (let time = 0; time < 3; time++) expect(await greet({ resume })).toEqual(welcome);
  });

  it("that holds does not spare another token its look: of the same user it renews", async () => {
    const { greet, resume, asked } = await resumable(({ token }) =>
      token === "new" ? { user: "alice", expires: 2e12 } : tokenIsUser({ token } as Asked),
    );
    expect(await greet({ resume, token: "new" })).toEqual({
      kind: "welcome",
      credentials: { user: "alice", expires: 2e12, tokenHash: crypto.hash("new"), claims: null, mark: 4 },
      resumed: true,
    });
    expect(asked).toHaveLength(1);
  });

  it("gives the claims it was made with, and new ones with a new token", async () => {
    const { greet, resume } = await resumable(({ token }) => ({ user: "alice", claims: { token } }));
    expect(await greet({ resume })).toMatchObject({ resumed: true, credentials: { claims: { token: "alice" } } });
    const renewed = await greet({ resume, token: "new" });
    expect(renewed).toMatchObject({ resumed: true, credentials: { claims: { token: "new" } } });
  });

  it("with the most that claims and ids may be fits into a hello", async () => {
    const house = handshakeWith(({ token }) => ({ user: token ?? "", claims: { pad: "💥".repeat(253) } }));
    const [user, device] = ["u".repeat(128), "d".repeat(128)];
    const greeting = await house.greet({ token: user, device });
    if (greeting.kind !== "welcome") throw new Error("not welcome");
    const full = { ...greeting.credentials, expires: Number.MAX_SAFE_INTEGER, claims: { pad: "💥".repeat(509) } };
    expect(JSON.stringify({ pad: "💥".repeat(509) }).length * 2).toBeGreaterThan(2_040);
    const resume = house.handshake.renew(full, device);
    expect(resume.length).toBeLessThanOrEqual(4_096);
    expect(await house.greet({ resume, device })).toMatchObject({ resumed: true, credentials: full });
  });

  it("beside another user's token: 4501", async () => {
    const { greet, resume } = await resumable();
    expect(await greet({ resume, token: "mallory" })).toEqual(closedWith(CLOSE.unauthenticated));
  });

  it("beside a token the host refuses: as the host says", async () => {
    const { greet, resume } = await resumable(({ token }) =>
      token === "bad" ? null : tokenIsUser({ token } as Asked),
    );
    expect(await greet({ resume, token: "bad" })).toEqual(closedWith(CLOSE.unauthenticated));
  });

  it("S12: of another device does not hold; then the token decides, and without one: 4100", async () => {
    const { greet, resume } = await resumable();
    expect(await greet({ resume, device: "d2", token: "alice" })).toMatchObject({ kind: "welcome", resumed: false });
    expect(await greet({ resume, device: "d2" })).toEqual(closedWith(CLOSE.expired));
    expect(await greet({ resume, device: "d2", token: null })).toEqual(closedWith(CLOSE.expired));
  });

  it("S12: holds for two heartbeats and 120 s, and not longer", async () => {
    const { greet, resume, clock } = await resumable();
    await clock.advance(159_000 - 1);
    expect(await greet({ resume })).toEqual(welcome);
    await clock.advance(1);
    expect(await greet({ resume })).toEqual(closedWith(CLOSE.expired));
    expect(await greet({ resume, token: "alice" })).toMatchObject({ kind: "welcome", resumed: false });
  });

  it("S12: holds no longer than the credentials it stands for", async () => {
    const wall = new ManualClock().now();
    const { greet, resume, clock } = await resumable(() => ({ user: "alice", expires: wall + 60_000 }));
    expect(await greet({ resume })).toMatchObject({
      kind: "welcome",
      resumed: true,
      credentials: { expires: wall + 60_000 },
    });
    await clock.advance(59_000);
    expect(await greet({ resume })).toEqual(closedWith(CLOSE.expired));
  });

  it("S12: of who was revoked since does not hold; then the token decides, and its resume holds", async () => {
    const { greet, handshake, resume, revoke } = await resumable();
    revoke("bob");
    expect(await greet({ resume })).toMatchObject({ resumed: true });
    revoke("alice");
    expect(await greet({ resume })).toEqual(closedWith(CLOSE.expired));
    const greeting = await greet({ resume, token: "alice" });
    if (greeting.kind !== "welcome") throw new Error("not welcome");
    expect(greeting).toMatchObject({ resumed: false, credentials: { mark: 6 } });
    const renewed = handshake.renew(greeting.credentials, "d1");
    expect(await greet({ resume: renewed })).toMatchObject({ resumed: true });
  });

  it("S10: carries the mark of when the host was asked, not of when it answered", async () => {
    const { greet, revoke } = handshakeWith(async () => {
      revoke("alice");
      return { user: "alice" };
    });
    expect(await greet({ token: "alice" })).toMatchObject({ kind: "welcome", credentials: { mark: 4 } });
  });

  it("S12: holds for as long as this node may sign for", async () => {
    const { greet, handshake, revocations, clock } = await resumable();
    const greeting = await greet({ token: "alice" });
    if (greeting.kind !== "welcome") throw new Error("not welcome");
    revocations.tokenMs = 5_000;
    const resume = handshake.renew(greeting.credentials, "d1");
    await clock.advance(4_999);
    expect(await greet({ resume })).toMatchObject({ resumed: true });
    await clock.advance(1);
    expect(await greet({ resume })).toEqual(closedWith(CLOSE.expired));
  });

  it.each(["", "x", "a.b"])("S12: that is none does not hold: %j", async (resume) => {
    const { greet } = await resumable();
    expect(await greet({ resume })).toEqual(closedWith(CLOSE.expired));
    expect(await greet({ resume, token: "alice" })).toMatchObject({ kind: "welcome", resumed: false });
  });

  it("is verified by every secret, so that one can be exchanged without a login", async () => {
    const { resume } = await resumable();
    const { greet } = handshakeWith(tokenIsUser, ["a newer secret of sixteen", SECRET]);
    expect(await greet({ resume })).toEqual(welcome);
    const { greet: without } = handshakeWith(tokenIsUser, ["a newer secret of sixteen"]);
    expect(await without({ resume })).toEqual(closedWith(CLOSE.expired));
  });

  it("renews for ever without the host, as long as the credentials last", async () => {
    const { greet, handshake, clock, resume, asked } = await resumable();
    let latest = resume;
    for (let time = 0; time < 5; time++) {
      await clock.advance(100_000);
      const greeting = await greet({ resume: latest });
      if (greeting.kind !== "welcome") throw new Error("not welcome");
      latest = handshake.renew(greeting.credentials, "d1");
    }
    expect(asked).toEqual([]);
  });
});
