/** What the phone remembers: one record, changed whole and by one tab at a time, that survives a reload and a flat battery. */

export interface Post {
  gateway: string;
  device: string;
}

export interface Item extends Post {
  id: string;
  by: string; // The account it was tapped under; nobody else's session may send it.
  act: Act;
  t: number; // By this phone's clock.
  point: string;
}

export type Act = "in" | "out" | "patrol" | "answer" | "here";

export interface Done {
  id: string;
  act: Act;
  t: number;
  status: "accepted" | "refused";
  reason: string;
  rx: number;
  late: boolean;
}

export type Stage = "sending" | "shown" | "stored" | "refused";

export interface Press {
  id: string;
  gateway: string;
  key: string;
  epoch: string;
  p: number;
  d: string;
  t: number; // Put right by the server's clock where that is known; it never changes.
  q: number;
  held: number; // When the hold ended, by this phone's clock.
  stage: Stage;
  at: number; // When the server answered, by this phone's clock.
  reason: string;
}

export interface Home {
  school: string;
  name: string;
  name_en: string;
  gateway: string;
  key: string;
  posts: (Post & { name: string; place: string })[];
}

export interface Memory {
  v: 1;
  mark: string;
  guard: string;
  homes: Home[];
  post: Post | null;
  skew: number | null; // By how many ms this phone's clock is ahead of the server's, when it was last told.
  lanes: Record<string, { epoch: string; next: number }>;
  presses: Press[];
  queue: Item[];
  done: Done[];
}

export type Kind = "indexeddb" | "localstorage" | "page"; // "page": nothing is kept when the page closes, and it says so.

const NAME = "anxiao-guard";
const KEY = "memory";
const OPEN_MS = 1500; // A database that does not open by then is as good as none: a call for help does not wait for it.

const letters = (bytes: Uint8Array, digits: string) =>
  Array.from(bytes, (byte) => digits[byte % digits.length]).join("");
export const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";
export const draw = (length: number): string => letters(crypto.getRandomValues(new Uint8Array(length)), DIGITS);

export const blank = (): Memory => ({
  v: 1,
  mark: draw(8),
  guard: "",
  homes: [],
  post: null,
  skew: null,
  lanes: {},
  presses: [],
  queue: [],
  done: [],
});

/** Changes the memory; `work` may run again, so it does nothing else. */
export interface Box {
  kind: Kind;
  change<T>(work: (memory: Memory) => T): Promise<[T, Memory]>;
}

/** Open the best place there is. Never fails: the last resort is the page itself. */
export async function openBox(): Promise<Box> {
  try {
    const database = await within(OPEN_MS, open());
    const box = inDatabase(database);
    await within(
      OPEN_MS,
      box.change(() => undefined),
    );
    return box;
  } catch {
    // Forbidden, broken or stuck: a private window, a policy, a full disk.
  }
  try {
    const box = inLocalStorage();
    await box.change(() => undefined);
    return box;
  } catch {
    return inPage();
  }
}

export function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("too late")), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("box");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("no database"));
    request.onblocked = () => reject(new Error("blocked"));
  });
}

function inDatabase(database: IDBDatabase): Box {
  return {
    kind: "indexeddb",
    change: (work) =>
      new Promise((resolve, reject) => {
        // One transaction reads and writes, so two tabs never give one position or one queue place away twice.
        const options = { durability: "strict" } as IDBTransactionOptions; // Passed over by browsers that do not know it.
        const transaction = database.transaction("box", "readwrite", options);
        const store = transaction.objectStore("box");
        let answer: [ReturnType<typeof work>, Memory] | null = null;
        const request = store.get(KEY);
        request.onsuccess = () => {
          try {
            const memory = read(request.result);
            answer = [work(memory), memory];
            store.put(memory, KEY);
          } catch (error) {
            transaction.abort();
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        };
        transaction.oncomplete = () => resolve(answer!);
        transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
      }),
  };
}

function inLocalStorage(): Box {
  return {
    kind: "localstorage",
    change: async (work) => {
      const told = localStorage.getItem(NAME);
      const memory = read(told ? JSON.parse(told) : null);
      const answer = work(memory);
      localStorage.setItem(NAME, JSON.stringify(memory));
      return [answer, memory];
    },
  };
}

function inPage(): Box {
  let memory = blank();
  return {
    kind: "page",
    change: async (work) => {
      const next = JSON.parse(JSON.stringify(memory)) as Memory;
      const answer = work(next);
      memory = next;
      return [answer, memory];
    },
  };
}

function read(told: unknown): Memory {
  const held = told as Memory | null | undefined;
  return held && held.v === 1 ? { ...blank(), ...held } : blank();
}
