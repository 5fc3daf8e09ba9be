/** The risk profile of schools. */
import type { risk as Chinese } from "../zh/risk";

export const risk: typeof Chinese = {
  risk: {
    title: "Risk profile",
    warning: "Early warning",
    noWarning: "No warning: the factors do not reach their levels together",
    noScore: "Levels and reasons one by one; nothing is scored or weighed, and unknown is not safe.",
    evidence: "Look at",
    places: { alert: "alarm", gaps: "gap ledger" },
    sheets: {
      device: "devices",
      guard: "guards",
      hazard: "hazards",
      kit: "kit",
      outside_area: "area warnings",
      outside_gate: "events at the gate",
      drill: "drills",
      document: "rules and plans",
      letter: "letters",
      dispute: "acts against order",
    },
    because: ": ",
    papers: "What is in writing",
    warned: "Warned schools",
    looked: (looked, schools, warned) => `${looked} of ${schools} looked at, ${warned} warned of`,
    nobody: "No school is warned of",
    notLooked: "Not all have been looked at yet",
    notLookedHint:
      "Every school is looked at within a minute or two of the start; until then nobody can say that there is no warning.",
    since: (time) => `for ${time}`,
    more: (left) => `${left} more are not listed`,
    levels: { none: "none", watch: "watch", warn: "warn", unknown: "unknown" },
    faults: {
      in_force: "in force",
      held: "held when due",
      undeclared: "not in the ledger",
      not_approved: "not approved",
      review_overdue: "overdue for review",
      no_review_date: "no date of review",
      not_signed: "not signed",
      lapsed: "lapsed",
      none_due: "not due yet",
      overdue: "overdue",
    },
  },
};
