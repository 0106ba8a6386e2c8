import { fileURLToPath } from "node:url";
import express, { type Router } from "express";

/** The repository's docs; the same seen from `src/` and from `dist/`. */
const DOCS = fileURLToPath(new URL("../../../docs/", import.meta.url));

/** What the engine speaks, for tools: `/openapi.json` (HTTP) and `/asyncapi.json` (frames). */
export function specificationRouter(): Router {
  const router = express.Router();
  for (const name of ["openapi.json", "asyncapi.json"]) {
    router.get(`/${name}`, (_request, response) => response.sendFile(name, { root: DOCS }));
  }
  return router;
}
