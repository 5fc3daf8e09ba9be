/** The loudspeaker: WebAudio, which browsers keep shut until the first gesture of the person. */
import { type Note } from "./patterns";

export type AudioState = "on" | "off" | "blocked";

export class Siren {
  private context: AudioContext | null = null;
  private playing = new Set<OscillatorNode>();

  /** To be called from a gesture; harmless otherwise. */
  arm(): void {
    try {
      this.context ??= new AudioContext();
      if (this.context.state === "suspended") void this.context.resume().catch(() => undefined);
    } catch {
      this.context = null; // No audio device at all: state() says so.
    }
  }

  state(): "on" | "blocked" {
    return this.context?.state === "running" ? "on" : "blocked";
  }

  /** Schedule notes; they sound even if the tab's timers are held back meanwhile. */
  play(notes: readonly Note[], repeats = 1, periodSeconds = 0): void {
    const context = this.context;
    if (!context) return;
    const start = context.currentTime + 0.01;
    for (let turn = 0; turn < repeats; turn += 1) {
      for (const note of notes) this.schedule(context, start + turn * periodSeconds + note.at, note);
    }
  }

  private schedule(context: AudioContext, at: number, note: Note): void {
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.type = "triangle";
    oscillator.frequency.setValueAtTime(note.from, at);
    oscillator.frequency.linearRampToValueAtTime(note.to, at + note.seconds);
    gain.gain.setValueAtTime(0, at); // Ramps on both ends: no clicks.
    gain.gain.linearRampToValueAtTime(note.gain, at + 0.02);
    gain.gain.setValueAtTime(note.gain, at + note.seconds - 0.04);
    gain.gain.linearRampToValueAtTime(0, at + note.seconds);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(at);
    oscillator.stop(at + note.seconds);
    this.playing.add(oscillator);
    oscillator.onended = () => {
      this.playing.delete(oscillator);
      gain.disconnect();
    };
  }

  /** Stop at once whatever is playing or scheduled. */
  silence(): void {
    for (const oscillator of this.playing) {
      try {
        oscillator.stop();
        oscillator.disconnect();
      } catch {
        // It had ended in this very instant.
      }
    }
    this.playing.clear();
  }
}
