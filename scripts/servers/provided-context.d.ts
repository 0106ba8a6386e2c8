import "vitest";

declare module "vitest" {
  /** What provide-servers.ts gives to the tests of the project `servers`; each tsconfig with such tests includes this file. */
  interface ProvidedContext {
    readonly postgresUrl: string;
    readonly redisUrl: string;
    readonly redisClusterUrl: string;
    readonly natsUrl: string;
  }
}
