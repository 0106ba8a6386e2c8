import { createHmac, createPublicKey, KeyObject, randomBytes, sign } from "node:crypto";
import { exportJWK, exportSPKI, type GenerateKeyPairResult, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type JwtAuthOptions, jwtAuth } from "../../src/auth/jwt-auth.ts";
import { loadJose } from "../../src/auth/load-jose.ts";
import { ChatEngine } from "../../src/chat-engine.ts";
import type { Credentials } from "../../src/ports/authenticate.ts";
import { memoryStore } from "../../src/store/memory-message-store.ts";
import { jwksServer } from "./jwks-server.ts";

const ISSUER = "https://issuer.example";
const AUDIENCE = "chat";
const ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;
const SECRET = "a shared secret of more than 32 bytes, truly";

const pairs = new Map<string, GenerateKeyPairResult>();
let jwks: Awaited<ReturnType<typeof jwksServer>>;
let stranger: GenerateKeyPairResult;

beforeAll(async () => {
  const keys: JWK[] = [];
  for (const alg of ALGORITHMS) {
    const pair = await generateKeyPair(alg, { extractable: true });
    pairs.set(alg, pair);
    keys.push({ ...(await exportJWK(pair.publicKey)), kid: alg, alg, use: "sig" });
  }
  stranger = await generateKeyPair("RS256");
  jwks = await jwksServer(keys);
});
afterAll(() => jwks.close());

const pairOf = (alg: string): GenerateKeyPairResult => pairs.get(alg) as GenerateKeyPairResult;

interface Said {
  readonly alg?: string;
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly key?: GenerateKeyPairResult["privateKey"] | Uint8Array;
}

/** A token that holds, but for what is said otherwise. */
function tokenOf({ alg = "RS256", header = {}, claims = {}, key }: Said = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const payload = { iss: ISSUER, aud: AUDIENCE, sub: "alice", iat: now, exp: now + 600, ...claims };
  const signer = key ?? (alg.startsWith("HS") ? new TextEncoder().encode(SECRET) : pairOf(alg).privateKey);
  return new SignJWT(payload).setProtectedHeader({ alg, kid: alg, ...header }).sign(signer);
}

const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claimsNow = () => ({ iss: ISSUER, aud: AUDIENCE, sub: "alice", exp: Math.floor(Date.now() / 1_000) + 600 });

const authOf = (options: Partial<JwtAuthOptions> = {}) =>
  jwtAuth({ ...("key" in options ? {} : { jwks: jwks.url }), issuer: ISSUER, audience: AUDIENCE, ...options });

const ask = async (auth: ReturnType<typeof jwtAuth>, token: string | null) =>
  auth({
    token,
    request: { address: "", origin: null, headers: {} },
    device: null,
    signal: new AbortController().signal,
  } satisfies Credentials);

/** What becomes of a token: its user, `unauthenticated`, `expired` or `trouble`. */
async function verdict(token: string | null, options: Partial<JwtAuthOptions> = {}): Promise<string> {
  try {
    return (await ask(authOf(options), token))?.user ?? "unauthenticated";
  } catch (error) {
    return (error as { code?: unknown }).code === "expired" ? "expired" : "trouble";
  }
}

describe("jwtAuth: tokens that hold", () => {
  it.each(ALGORITHMS)("%s by a key set that is fetched", async (alg) => {
    expect(await verdict(await tokenOf({ alg }))).toBe("alice");
  });

  it.each(ALGORITHMS)("%s by a key set at hand, and by one key as PEM, JWK, CryptoKey and KeyObject", async (alg) => {
    const token = await tokenOf({ alg });
    const { publicKey } = pairOf(alg);
    const jwk = { ...(await exportJWK(publicKey)), alg };
    expect(await verdict(token, { jwks: { keys: [{ ...jwk, kid: alg }] } })).toBe("alice");
    for (const key of [await exportSPKI(publicKey), jwk, publicKey, KeyObject.from(publicKey)]) {
      expect(await verdict(token, { key })).toBe("alice");
    }
  });

  it.each(["HS256", "HS384", "HS512"])("%s by a shared secret", async (alg) => {
    for (const key of [SECRET, new TextEncoder().encode(SECRET)]) {
      expect(await verdict(await tokenOf({ alg }), { key })).toBe("alice");
    }
  });

  it("without a kid, by whichever of several keys fits", async () => {
    const second = await generateKeyPair("RS256", { extractable: true });
    const two = await jwksServer(
      await Promise.all(
        [pairOf("RS256"), second].map(async ({ publicKey }) => ({ ...(await exportJWK(publicKey)), alg: "RS256" })),
      ),
    );
    for (const { privateKey: key } of [pairOf("RS256"), second]) {
      expect(await verdict(await tokenOf({ key, header: { kid: undefined } }), { jwks: two.url })).toBe("alice");
    }
    expect(
      await verdict(await tokenOf({ key: stranger.privateKey, header: { kid: undefined } }), { jwks: two.url }),
    ).toBe("unauthenticated");
    await two.close();
  });

  it("gives their user, when they end, and the claims that are asked for", async () => {
    const exp = Math.floor(Date.now() / 1_000) + 100;
    const token = await tokenOf({ claims: { exp, role: "staff", team: "t1", email: "alice@example.com" } });
    expect(await ask(authOf({ clockToleranceMs: 0 }), token)).toEqual({ user: "alice", expires: exp * 1_000 });
    expect(await ask(authOf({ clockToleranceMs: 2_000, claims: ["role", "absent"] }), token)).toEqual({
      user: "alice",
      expires: exp * 1_000 + 2_000,
      claims: { role: "staff" },
    });
    expect(await ask(authOf({ user: "email", claims: ({ team }) => ({ team }) }), token)).toMatchObject({
      user: "alice@example.com",
      claims: { team: "t1" },
    });
    expect(await ask(authOf({ user: async ({ sub }) => `x-${sub}` }), token)).toMatchObject({ user: "x-alice" });
    expect(await ask(authOf({ user: () => null }), token)).toBe(null);
    const endless = await tokenOf({ claims: { exp: undefined } });
    expect(await ask(authOf(), endless)).toEqual({ user: "alice" });
  });

  it("one of several issuers and audiences", async () => {
    const options = { issuer: [ISSUER, "https://other.example"], audience: ["x", AUDIENCE] };
    expect(await verdict(await tokenOf(), options)).toBe("alice");
    expect(await verdict(await tokenOf({ claims: { aud: ["y", "x"], iss: "https://other.example" } }), options)).toBe(
      "alice",
    );
  });
});

describe("jwtAuth: tokens that do not hold", () => {
  const now = () => Math.floor(Date.now() / 1_000);

  it.each(["none", "None", "NONE", "nOnE", ""])("S8: alg %s, with and without a signature", async (alg) => {
    const bare = `${b64({ alg, typ: "JWT", kid: "RS256" })}.${b64(claimsNow())}.`;
    for (const token of [bare, `${bare}AAAA`]) {
      expect(await verdict(token)).toBe("unauthenticated");
      expect(await verdict(token, { key: SECRET })).toBe("unauthenticated");
    }
  });

  it("S8: algorithm confusion: the public key taken for a shared secret", async () => {
    const { publicKey } = pairOf("RS256");
    const pem = await exportSPKI(publicKey);
    const texts = [
      pem,
      pem.trim(),
      JSON.stringify(await exportJWK(publicKey)),
      createPublicKey(pem).export({ type: "spki", format: "der" }),
    ];
    for (const text of texts) {
      const signed = `${b64({ alg: "HS256", kid: "RS256" })}.${b64(claimsNow())}`;
      const token = `${signed}.${createHmac("sha256", text).update(signed).digest("base64url")}`;
      for (const options of [{}, { key: pem }, { key: publicKey }, { key: await exportJWK(publicKey) }]) {
        expect(await verdict(token, options)).toBe("unauthenticated");
      }
    }
  });

  it("S8: a key of the token's own: jwk, jku, x5u and x5c in its header are not followed", async () => {
    const attacker = await generateKeyPair("RS256", { extractable: true });
    const jwk = await exportJWK(attacker.publicKey);
    const trap = await jwksServer([{ ...jwk, kid: "evil", alg: "RS256" }]);
    for (const kid of ["evil", "RS256"]) {
      const header = { kid, jwk, jku: trap.url, x5u: trap.url, x5c: ["AAAA"] };
      expect(await verdict(await tokenOf({ key: attacker.privateKey, header }))).toBe("unauthenticated");
    }
    expect(trap.state.asked).toBe(0);
    await trap.close();
  });

  it.each([
    "../../../../dev/null",
    "/etc/passwd",
    "' OR 1=1 --",
    "__proto__",
    "constructor",
    "",
    "x".repeat(4_000),
    "http://evil.com/k",
  ])("S8: a kid that is a path or a trick: %.20s", async (kid) => {
    expect(await verdict(await tokenOf({ key: stranger.privateKey, header: { kid } }))).toBe("unauthenticated");
  });

  it("S8: signed by somebody else, changed afterwards, cut, or for another algorithm than its key", async () => {
    const token = await tokenOf();
    const [header = "", payload = "", signature = ""] = token.split(".");
    const raised = b64({ ...claimsNow(), sub: "admin" });
    const rs512 = `${b64({ alg: "RS512", kid: "RS256" })}.${payload}`;
    const other = `${rs512}.${sign("sha512", Buffer.from(rs512), KeyObject.from(pairOf("RS256").privateKey)).toString("base64url")}`;
    const bad = [
      await tokenOf({ key: stranger.privateKey }),
      `${header}.${raised}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${token}.x`,
      `${header}..${signature}`,
      `a.b.c.d.e`,
      other,
      "alice",
      " ",
      "",
    ];
    for (const one of bad)
      expect([one.slice(0, 20), await verdict(one)]).toEqual([one.slice(0, 20), "unauthenticated"]);
    expect(await verdict(null)).toBe("unauthenticated");
  });

  it("S8: of another kind than the key at hand", async () => {
    const pem = await exportSPKI(pairOf("RS256").publicKey);
    const jwk = await exportJWK(pairOf("RS256").publicKey);
    for (const alg of ["ES256", "EdDSA"]) {
      for (const key of [pem, jwk, pairOf("RS256").publicKey]) {
        expect(await verdict(await tokenOf({ alg }), { key })).toBe("unauthenticated");
      }
    }
    expect(await verdict(await tokenOf({ alg: "ES256" }), { algorithms: ["RS256"] })).toBe("unauthenticated");
  });

  it.each([
    ["another aud", { aud: "shop" }],
    ["an aud that only begins so", { aud: "chat2" }],
    ["no aud", { aud: undefined }],
    ["a list without it", { aud: ["shop"] }],
    ["another iss", { iss: "https://issuer.example.evil.com" }],
    ["an iss with a slash more", { iss: `${ISSUER}/` }],
    ["no iss", { iss: undefined }],
    ["no sub", { sub: undefined }],
    ["an empty sub", { sub: "" }],
    ["a sub that is no text", { sub: 5 }],
    ["an exp that is no number", { exp: "tomorrow" }],
    ["an nbf that is no number", { nbf: "now" }],
  ])("S8: %s", async (_, claims) => {
    expect(await verdict(await tokenOf({ claims: claims as Record<string, unknown> }))).toBe("unauthenticated");
  });

  it("S8: not yet valid, but for the tolerance", async () => {
    expect(await verdict(await tokenOf({ claims: { nbf: now() + 60 } }))).toBe("unauthenticated");
    expect(await verdict(await tokenOf({ claims: { nbf: now() + 3 } }))).toBe("alice");
    expect(await verdict(await tokenOf({ claims: { nbf: now() + 3 } }), { clockToleranceMs: 0 })).toBe(
      "unauthenticated",
    );
    expect(await verdict(await tokenOf({ claims: { nbf: now() + 60 } }), { clockToleranceMs: 120_000 })).toBe("alice");
  });

  it("S8: expired, but for the tolerance; one that would not hold anyway is not expired", async () => {
    expect(await verdict(await tokenOf({ claims: { exp: now() - 60 } }))).toBe("expired");
    expect(await verdict(await tokenOf({ claims: { exp: now() - 2 } }))).toBe("alice");
    expect(await verdict(await tokenOf({ claims: { exp: now() - 2 } }), { clockToleranceMs: 0 })).toBe("expired");
    expect(await verdict(await tokenOf({ claims: { exp: now() - 60, aud: "shop" } }))).toBe("unauthenticated");
    expect(await verdict(await tokenOf({ claims: { exp: now() - 60 }, key: stranger.privateKey }))).toBe(
      "unauthenticated",
    );
  });

  it("S8: a typ that is not the one asked for; a crit that nobody knows", async () => {
    expect(await verdict(await tokenOf({ header: { typ: "JWT" } }), { typ: "at+jwt" })).toBe("unauthenticated");
    expect(await verdict(await tokenOf({ header: { typ: "at+jwt" } }), { typ: "at+jwt" })).toBe("alice");
    const header = b64({ alg: "RS256", kid: "RS256", crit: ["x"], x: 1 });
    expect(await verdict(`${header}.${b64(claimsNow())}.AAAA`)).toBe("unauthenticated");
  });
});

describe("jwtAuth: the issuer's keys", () => {
  it("are our trouble while they cannot be had, not the token's", async () => {
    const token = await tokenOf();
    const down = await jwksServer([]);
    await down.close();
    expect(await verdict(token, { jwks: down.url })).toBe("trouble");
    const ill = await jwksServer([]);
    ill.state.status = 500;
    expect(await verdict(token, { jwks: ill.url })).toBe("trouble");
    ill.state.status = 302;
    expect(await verdict(token, { jwks: ill.url })).toBe("trouble");
    await ill.close();
  });

  it("are fetched once for many tokens, and not for each unknown kid", async () => {
    const counted = await jwksServer(jwks.state.keys);
    const auth = authOf({ jwks: counted.url });
    const token = await tokenOf();
    await Promise.all(Array.from({ length: 20 }, () => ask(auth, token)));
    expect(counted.state.asked).toBe(1);
    for (let n = 0; n < 20; n++) {
      expect(await ask(auth, await tokenOf({ header: { kid: `k${n}` }, key: stranger.privateKey }))).toBe(null);
    }
    expect(counted.state.asked).toBe(1);
    await counted.close();
  });

  it("may come back: what failed is asked for again", async () => {
    const ill = await jwksServer(jwks.state.keys);
    ill.state.status = 503;
    const auth = authOf({ jwks: ill.url });
    const token = await tokenOf();
    await expect(ask(auth, token)).rejects.toThrow();
    ill.state.status = 200;
    expect(await ask(auth, token)).toMatchObject({ user: "alice" });
    await ill.close();
  });

  it("a PEM that holds no key is the host's mistake", async () => {
    const key = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
    expect(await verdict(await tokenOf(), { key })).toBe("trouble");
  });
});

describe("jwtAuth: options", () => {
  const build = (options: object) => () =>
    jwtAuth({ jwks: "http://127.0.0.1/jwks", issuer: ISSUER, audience: AUDIENCE, ...options } as JwtAuthOptions);
  const alone = { jwks: undefined };

  it.each([
    ["jwks", { jwks: "not an address" }],
    ["jwks", { jwks: "file:///etc/keys" }],
    ["jwks", { key: SECRET }],
    ["jwks", alone],
    ["key", { ...alone, key: "short" }],
    ["key", { ...alone, key: randomBytes(31) }],
    ["key", { ...alone, key: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----" }],
    ["key", { ...alone, key: 5 }],
    ["issuer", { issuer: "" }],
    ["issuer", { issuer: undefined }],
    ["audience", { audience: [] }],
    ["audience", { audience: undefined }],
    ["algorithms", { algorithms: ["none"] }],
    ["algorithms", { algorithms: ["HS256"] }],
    ["algorithms", { algorithms: [] }],
    ["algorithms", { ...alone, key: SECRET, algorithms: ["RS256"] }],
    ["clockToleranceMs", { clockToleranceMs: -1 }],
    ["clockToleranceMs", { clockToleranceMs: Number.NaN }],
  ])("S8: names %s where it is wrong: %j", (field, options) => {
    expect(build(options)).toThrow(expect.objectContaining({ code: "invalid", details: { field } }) as Error);
  });

  it("S8: takes no private key", async () => {
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    for (const key of [privateKey, KeyObject.from(privateKey), await exportJWK(privateKey)]) {
      expect(build({ ...alone, key })).toThrow(/public key/);
    }
  });

  it("says what to install where jose is missing", () => {
    const missing = () =>
      loadJose(() => {
        throw Object.assign(new Error("Cannot find module 'jose'"), { code: "MODULE_NOT_FOUND" });
      });
    expect(missing).toThrow(expect.objectContaining({ code: "invalid" }) as Error);
    expect(missing).toThrow(/npm install jose/);
  });
});

describe("jwtAuth: behind an engine", () => {
  it("S8: answers what does not hold with 401, and says so where it has expired", async () => {
    const now = Math.floor(Date.now() / 1_000);
    const chat = new ChatEngine({ store: memoryStore(), authenticate: authOf() });
    await chat.start();
    const status = async (token: string) => {
      const answer = await chat.fetch(
        new Request("http://x/conversations", { headers: { authorization: `Bearer ${token}` } }),
      );
      return [answer.status, ((await answer.json()) as { reason?: string }).reason];
    };
    expect(await status(await tokenOf())).toEqual([200, undefined]);
    expect(await status(await tokenOf({ key: stranger.privateKey }))).toEqual([401, undefined]);
    expect(await status(await tokenOf({ claims: { exp: now - 60 } }))).toEqual([401, "expired"]);
    await chat.close();
  });
});
