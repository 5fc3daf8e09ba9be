/** Who is signed in, and the start of a shift. */
import { signal } from "@preact/signals";
import type { Act, Me, Permission } from "../api.gen";
import { Failure, get, post, setAccess } from "../client";
import { resumeSound, startSound, stopSound } from "../alarm/alarm";

export type Entry = "asking" | "login" | "shift" | "in" | "unreachable";

export const me = signal<Me | null>(null);
export const entry = signal<Entry>("asking");
export const expired = signal(false); // The server ended the session: the login says so, and why nothing is shown.

const SHIFT = "anxiao.shift"; // Survives a reload, not the closing of the tab: a new watch starts with a sound test.

export const mayAct = (act: Act): boolean => me.value?.acts.includes(act) ?? false;
export const may = (permission: Permission): boolean => me.value?.permissions.includes(permission) ?? false;

/** Whether the role keeps watch: then a shift starts with the sound test. */
export const keepsWatch = (person: Me): boolean => person.acts.includes("acknowledge") && person.role !== "maintainer";

/** Ask the server who we are; an unreachable server is said to be so, and is not taken for a sign-out. */
export async function enter(): Promise<void> {
  try {
    admit(await get<Me>("/me"));
  } catch (error) {
    entry.value = error instanceof Failure && error.status === 401 ? "login" : "unreachable";
  }
}

export async function login(username: string, password: string): Promise<void> {
  admit(await post<Me>("/login", { body: { username, password } }));
}

function admit(person: Me): void {
  setAccess(person.csrf, expire);
  expired.value = false;
  me.value = person;
  const started = recall(SHIFT) === person.name;
  if (!keepsWatch(person)) entry.value = "in";
  else if (started) {
    resumeSound();
    entry.value = "in";
  } else entry.value = "shift";
}

export function startShift(withSound: boolean): void {
  if (withSound) {
    startSound();
    remember(SHIFT, me.value?.name ?? "");
  } else stopSound();
  entry.value = "in";
}

export async function logout(): Promise<void> {
  try {
    await post("/logout");
  } catch (error) {
    if (!(error instanceof Failure && error.status === 401)) throw error; // Still signed in: the screen must not claim otherwise.
  }
  dismiss();
}

function expire(): void {
  if (!me.value) return;
  dismiss();
  expired.value = true;
}

function dismiss(): void {
  stopSound();
  remember(SHIFT, "");
  me.value = null;
  entry.value = "login";
}

function recall(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return ""; // Storage can be forbidden by policy; everything works without.
  }
}

function remember(key: string, value: string): void {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // As above.
  }
}
