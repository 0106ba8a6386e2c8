import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { BrowserContext } from "playwright-core";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Bundles a script, and serves it to a context as a page of its own at `url`, which need not exist:
 * so the page has the origin of the server that is behind that address. The network may be off.
 */
export async function serveBundledPage(context: BrowserContext, url: string, script: string): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [`${ROOT}${script}`],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: ["es2022", "chrome108", "firefox115", "safari16"],
    conditions: ["@earshot/source"],
    logLevel: "error",
  });
  const body = `<!doctype html><meta charset="utf-8"><title>page</title><script type="module">${(outputFiles[0]?.text ?? "").replaceAll("</script", "<\\/script")}</script>`;
  const { pathname } = new URL(url);
  await context.route(
    (asked) => asked.pathname === pathname,
    (route) => route.fulfill({ contentType: "text/html", body }),
  );
}
