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
  proof: {
    title: "Proof of tests",
    lead: "Each button's newest press, from the button to the police's receipt",
    none: "No alarm button of this school is registered",
    steps: {
      pressed: "Pressed",
      received: "Received",
      stored: "Stored",
      shown: "Police screen",
      receipted: "Police receipt",
    },
    states: {
      failed: "Failed",
      overdue: "Overdue",
      never: "Never proven",
      under_way: "Under way",
      proven: "Holds",
    },
    lacking: {
      not_stored: "not stored in time",
      late: "stored too late",
      not_shown: "not shown to the police in time",
      no_receipt: "no police receipt in time",
    },
    due: (day) => `next one due by ${day}`,
    lastGood: (when) => `last proven: ${when}`,
    after: (seconds) => `+${seconds} s`,
    missing: "none",
  },
};
