/** The sounds, as notes: synthesised, so that no file has to load before the first alarm. Pure. */

export interface Note {
  at: number; // Seconds after the start.
  seconds: number;
  from: number; // Hertz.
  to: number;
  gain: number;
}

export const CRITICAL_PERIOD_SECONDS = 5;
const pulse = (at: number, from: number, to: number, seconds = 0.32, gain = 0.5): Note => ({
  at,
  seconds,
  from,
  to,
  gain,
});

/** Three rising pulses; repeated every five seconds until nobody's call is left unanswered. */
export const CRITICAL: readonly Note[] = [pulse(0, 880, 1320), pulse(0.42, 880, 1320), pulse(0.84, 880, 1320)];
/** Two level pulses, once. */
export const HIGH: readonly Note[] = [pulse(0, 660, 660, 0.18, 0.3), pulse(0.3, 660, 660, 0.18, 0.3)];
/** Falling: the screen itself is blind. Nobody must take it for a press. */
export const BLIND: readonly Note[] = [pulse(0, 520, 330, 0.5, 0.4), pulse(0.6, 520, 330, 0.5, 0.4)];
/** Short and friendly: the test at the start of a shift. */
export const TEST: readonly Note[] = [...CRITICAL];
