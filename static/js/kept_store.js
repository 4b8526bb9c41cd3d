// What this browser keeps of a day for when there is no network: encrypted, each owner under a key that no script can read out and
// that is deleted with what it opens. Where a browser keeps nothing, all of this does nothing, and pages work as without it.
const NAME = "front-door-kept";
const ALGORITHM = { name: "AES-GCM", length: 256 };
const IV_BYTES = 12;
let opening;

function open() {
  opening ??= new Promise((done, fail) => {
    if (!window.indexedDB || !window.crypto?.subtle) { fail(new Error("nothing is kept here")); return; }
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const store of ["keys", "values"]) request.result.createObjectStore(store);
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  return opening;
}

async function within(store, mode, work) {
  const database = await open();
  return new Promise((done, fail) => {
    const transaction = database.transaction(store, mode);
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => done(request?.result);
    transaction.onabort = transaction.onerror = () => fail(transaction.error);
  });
}

async function keyOf(owner) {
  const known = await within("keys", "readonly", (keys) => keys.get(owner));
  if (known) return known;
  const made = await crypto.subtle.generateKey(ALGORITHM, false, ["encrypt", "decrypt"]);
  // Another window may have been quicker: the first key stays.
  await within("keys", "readwrite", (keys) => keys.add(made, owner)).catch(() => {});
  return within("keys", "readonly", (keys) => keys.get(owner));
}

// Keeps `value` under `name` for `owner`, whose key encrypts it.
export async function keep(owner, name, value) {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const additionalData = new TextEncoder().encode(name);
  const data = await crypto.subtle.encrypt({ name: ALGORITHM.name, iv, additionalData }, await keyOf(owner), plain);
  await within("values", "readwrite", (values) => values.put({ owner, iv, data }, name));
}

// Each value whose name begins so, by its name.
export async function readAll(beginning) {
  const range = IDBKeyRange.bound(beginning, `${beginning}\uffff`);
  const names = await within("values", "readonly", (values) => values.getAllKeys(range));
  const found = new Map();
  for (const name of names) {
    const kept = await within("values", "readonly", (values) => values.get(name));
    if (!kept) continue;
    try {
      const additionalData = new TextEncoder().encode(name);
      const plain = await crypto.subtle.decrypt({ name: ALGORITHM.name, iv: kept.iv, additionalData }, await keyOf(kept.owner), kept.data);
      found.set(name, JSON.parse(new TextDecoder().decode(plain)));
    } catch { /* its key is gone: nobody can read it any more */ }
  }
  return found;
}

export const drop = (name) => within("values", "readwrite", (values) => values.delete(name));

// Deletes all of the owner, first the key.
export async function dropOwner(owner, beginning) {
  await within("keys", "readwrite", (keys) => keys.delete(owner));
  await within("values", "readwrite", (values) => values.delete(IDBKeyRange.bound(beginning, `${beginning}\uffff`)));
}
