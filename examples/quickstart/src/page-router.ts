import { fileURLToPath } from "node:url";
import express, { type Router } from "express";

/** Where `build.mjs` puts the page; the same seen from `src/` and from `dist/`. */
const PAGE_DIRECTORY = fileURLToPath(new URL("../dist/page/", import.meta.url));

const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join("; ");

/** The page at `/`: static files under a strict policy, revalidated at each load. */
export function pageRouter(): Router {
  const router = express.Router();
  router.use((_request, response, next) => {
    response.set({
      "content-security-policy": CONTENT_SECURITY_POLICY,
      "cross-origin-opener-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    next();
  });
  router.use(
    express.static(PAGE_DIRECTORY, {
      cacheControl: false,
      setHeaders: (response) => {
        response.setHeader("cache-control", "no-cache");
      },
    }),
  );
  return router;
}
