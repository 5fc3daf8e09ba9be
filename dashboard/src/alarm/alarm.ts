/** The alarm of this screen: decides from the stream's events, sounds, and says what state it is in. */
import { signal } from "@preact/signals";
import type { Alert } from "../api.gen";
import { BLIND, CRITICAL, CRITICAL_PERIOD_SECONDS, HIGH, TEST } from "./patterns";
import { MUTE_MS_MAX, Ringing } from "./ringing";
import { type AudioState, Siren } from "./siren";

const BLIND_PERIOD_MS = 15_000;
const AHEAD_TURNS = 12; // A minute scheduled ahead: a tab whose timers are held back still rings.

const siren = new Siren();
const ringing = new Ringing();
let wanted = false; // The person has started a shift with sound.
let alarmEndsAt = 0; // Until when pulses are scheduled.
let blindSoundedAt = 0;

export const audio = signal<AudioState>("off");
export const ringingCount = signal(0);
export const muteLeftMs = signal(0);

/** Start of a shift, from a gesture: opens the loudspeaker and lets it be heard. */
export function startSound(): void {
  wanted = true;
  siren.arm();
  siren.play(TEST);
  rearmOnGesture();
  refresh();
}

/** After a reload within a shift: sound is wanted, and waits for the first key or click. */
export function resumeSound(): void {
  wanted = true;
  siren.arm();
  rearmOnGesture();
  refresh();
}

export function stopSound(): void {
  wanted = false;
  siren.silence();
  alarmEndsAt = 0;
  refresh();
}

let listening = false;
function rearmOnGesture(): void {
  if (listening) return;
  listening = true;
  const rearm = () => {
    if (!wanted || siren.state() === "on") return;
    siren.arm();
    setTimeout(pulse, 100);
  };
  for (const name of ["pointerdown", "keydown"]) addEventListener(name, rearm, { capture: true, passive: true });
}

/** Called by the stream's handler itself, never by the drawing: a hidden tab draws nothing and must still ring. */
export function hearAlerts(up: readonly Alert[], gone: readonly string[]): void {
  const chime = ringing.consider(up, gone);
  if (chime === "critical") ring(true);
  if (chime === "high" && wanted && !ringing.sounding(Date.now())) siren.play(HIGH);
  pulse();
}

export function hearPicture(alerts: Iterable<Alert>): void {
  if (ringing.replace(alerts) === "critical") ring(true);
  pulse();
}

/** Called about once a second, by the summaries and by a timer: keeps the alarm going, or ends it. */
export function pulse(): void {
  if (ringing.sounding(Date.now())) ring(false);
  else if (alarmEndsAt) {
    siren.silence();
    alarmEndsAt = 0;
  }
  refresh();
}

function ring(restart: boolean): void {
  const now = Date.now();
  if (!wanted || !ringing.sounding(now)) return;
  const left = alarmEndsAt - now;
  if (siren.state() !== "on" || (!restart && left > 2 * CRITICAL_PERIOD_SECONDS * 1000)) return;
  if (!restart && left > 0) return;
  siren.silence();
  siren.play(CRITICAL, AHEAD_TURNS, CRITICAL_PERIOD_SECONDS);
  alarmEndsAt = now + AHEAD_TURNS * CRITICAL_PERIOD_SECONDS * 1000;
}

/** The screen has been without a picture for a minute. */
export function soundBlind(): void {
  const now = Date.now();
  if (!wanted || ringing.muteLeftMs(now) > 0 || now - blindSoundedAt < BLIND_PERIOD_MS) return;
  blindSoundedAt = now;
  siren.play(BLIND);
}

export function toggleMute(): void {
  const now = Date.now();
  if (ringing.muteLeftMs(now) > 0) ringing.unmute();
  else ringing.mute(now, MUTE_MS_MAX);
  pulse();
}

export function testSound(): void {
  siren.arm();
  siren.play(TEST);
  setTimeout(refresh, 300);
}

function refresh(): void {
  audio.value = wanted ? siren.state() : "off";
  ringingCount.value = ringing.size;
  muteLeftMs.value = ringing.muteLeftMs(Date.now());
}
