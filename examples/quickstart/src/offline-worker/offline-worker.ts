// Keeps the page itself, so that it opens without a network: always the newest that the server has, else what was kept.
const worker = self as unknown as ServiceWorkerGlobalScope;

const CACHE = "earshot-page";
const FILES = ["/", "/page.js", "/page.css", "/icon.svg"];
/** How long the server may take before what was kept is shown, in ms. */
const ANSWERS_WITHIN_MS = 4_000;

worker.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
  void worker.skipWaiting();
});

worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== worker.location.origin || !FILES.includes(pathname)) return;
  event.respondWith(newest(event.request, pathname));
});

async function newest(request: Request, pathname: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
    if (answer.ok) await cache.put(pathname, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(pathname);
    if (kept === undefined) throw error;
    return kept;
  }
}
