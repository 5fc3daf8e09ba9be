/** The reports. */
import type { reports as Chinese } from "../zh/reports";

export const reports: typeof Chinese = {
  reports: {
    nav: "Reports",
    title: "Reports",
    lead: "The same day and the same knowledge give the same file, byte for byte; each is on record before it is given.",
    order: "Make a report",
    kind: "Report",
    branch: "Of",
    units: "Education units",
    stations: "Police",
    day: "Day",
    language: "Language",
    workbook: "Excel workbook",
    page: "Page to print (A4)",
    impossible: "This report is not made of that branch or day",
    ofNow: "Of today as it stands at this moment, with owners and due days of the ledger of gaps.",
    ofFrozen: "Of a past day as it was frozen and known then; a day that was not frozen has no report.",
    given: "Reports given",
    findHash: "Find by 8 or more digits of a SHA-256",
    none: "Nothing on record",
    noneHint: "No such report was given within your reach.",
    moment: "as it stood",
    forms: { html: "page", xlsx: "Excel" },
    columns: {
      at: "Given at",
      by: "By",
      report: "Report",
      branch: "Of",
      day: "Day",
      form: "Form",
      digest: "What it says",
      sha256: "File SHA-256",
    },
  },
};
