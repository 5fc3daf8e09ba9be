// Keeps the shell of the guard's page, so that it opens without a network. It answers nothing that is asked of the server:
// an answer from a cache could show a check-in or a call for help as done that nobody has received.
const SHELL = "guard-shell-1";
const PAGE = "./guard.html";
const BESIDE = ["./icon.svg", "./guard.webmanifest"];

/** Keep a page and the hashed files that it asks for, and forget those of earlier builds. */
async function keep(page) {
  const text = await page.clone().text();
  const files = [...text.matchAll(/(?:src|href)="(\.\/assets\/[^"]+)"/g)].map((found) => found[1]);
  const cache = await caches.open(SHELL);
  const wanted = new Set([PAGE, ...BESIDE, ...files].map((file) => new URL(file, self.registration.scope).href));
  const held = new Set((await cache.keys()).map((request) => request.url));
  await Promise.all(
    [...files, ...BESIDE]
      .filter((file) => !held.has(new URL(file, self.registration.scope).href))
      .map((file) => cache.add(file)),
  );
  await cache.put(PAGE, page.clone()); // Last: a page is kept only with all that it needs.
  for (const request of await cache.keys()) if (!wanted.has(request.url)) await cache.delete(request);
}

self.addEventListener("install", (event) => {
  event.waitUntil(
    fetch(PAGE, { cache: "no-store" })
      .then((page) => (page.ok ? keep(page) : Promise.reject(new Error("no page"))))
      .then(() => self.skipWaiting()),
  );
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function page() {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), 3000);
  try {
    const fresh = await fetch(PAGE, { cache: "no-store", signal: limit.signal });
    if (!fresh.ok) throw new Error("not ours");
    await keep(fresh).catch(() => undefined);
    return fresh;
  } catch {
    return (await caches.match(PAGE)) || Response.error();
  } finally {
    clearTimeout(timer);
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const base = new URL(self.registration.scope).pathname;
  const path = url.pathname.slice(base.length);
  if (request.mode === "navigate" && (path === "guard.html" || path === "guard")) event.respondWith(page());
  else if (path.startsWith("assets/") || path === "icon.svg" || path === "guard.webmanifest")
    event.respondWith(caches.match(request).then((held) => held || fetch(request)));
});
