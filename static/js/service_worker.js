// Only for pages of staff. A page that cannot be reached is answered with the list of the day that the browser keeps, or an honest
// word; what this worker itself keeps says nothing of anybody. SETTINGS stands before this text.
self.addEventListener("install", (event) => {
  const fill = async () => (await caches.open(SETTINGS.cache)).addAll([SETTINGS.shell, ...SETTINGS.assets]);
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const dropOld = async () => {
    for (const name of await caches.keys()) if (name !== SETTINGS.cache) await caches.delete(name);
  };
  event.waitUntil(dropOld().then(() => self.clients.claim()));
});

const kept = (address) => caches.match(address, { ignoreVary: true });

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.mode === "navigate" && request.method !== "GET") return; // the browser itself offers to send a form again
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(async (error) => await kept(SETTINGS.shell) ?? Promise.reject(error)));
  } else if (SETTINGS.assets.includes(pathname)) {
    event.respondWith(kept(pathname).then((found) => found ?? fetch(request)));
  }
});
