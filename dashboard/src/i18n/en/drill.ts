/** Tests and drills: what every screen says while one is under way, and why a press is real beside it. */
import type { drill as Chinese } from "../zh/drill";

export const drill: typeof Chinese = {
  windows: {
    open: (mode, school) => `${mode} under way: ${school}`,
    buttons: (n) => `${n} listed ${n === 1 ? "button" : "buttons"}`,
    left: (span) => `${span} left`,
    more: (n) => `${n} more`,
    others: "any other button is real",
    view: "Show",
    whyReal: {
      unlisted: "Button not listed for the drill",
      undeclared: "Device claims a test, none declared",
      no_clock: "Clock not to be trusted: real",
    },
    whyRealTitle: {
      unlisted: "A test or drill of this school is under way, and this button is not listed: the alarm is real",
      undeclared: "The device says test or drill, and nobody has declared one: the alarm is real",
      no_clock: "The button is listed, but nothing proves when it was pressed: taken as real",
    },
  },
};
