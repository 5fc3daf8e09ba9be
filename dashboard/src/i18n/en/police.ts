/** What the police's own systems say of a call. */
export const police = {
  police: {
    title: "Police receipts",
    apart: "What the police's own systems answer. It takes the place of no acknowledgement and no closing here.",
    state: {
      sent: "Sent",
      accepted: "Accepted",
      rejected: "Rejected",
      dispatched: "Dispatched",
      on_scene: "On scene",
      closed: "Closed",
    },
    effect: { moved: "", late: "came late, changed nothing", repeated: "repeated" },
    came: (at: string) => `came ${at}`,
    number: (number: string) => `No. ${number}`,
  },
};
