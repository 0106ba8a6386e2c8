import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    express: "src/http/express.ts",
    fastify: "src/http/fastify.ts",
    node: "src/http/node-handler.ts",
    jwt: "src/auth/jwt-auth.ts",
    testing: "src/testing/index.ts",
  },
  format: ["esm", "cjs"],
  target: "node22",
  dts: true,
  clean: true,
  sourcemap: true,
  // import.meta.url in the CJS build.
  shims: true,
  removeNodeProtocol: false,
});
