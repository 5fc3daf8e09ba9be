/** What is held back, grouped or folded away, and the figures of the alarms themselves. */
import { n } from "./count";

export const noise = {
  noise: {
    held: (count: string) => `Held ${count}`,
    heldTitle: (grouped: string, shelved: string, planned: string) =>
      `Open, and calling nobody: one cause ${grouped}, shelved ${shelved}, planned work ${planned}. A press is never held back.`,
    heldView: "These are open and call nobody; silence is not health",
    heldWord: { grouped: "One cause", shelved: "Shelved", planned: "Planned work" } as Record<string, string>,
    until: (time: string) => `until ${time}`,
    members: (count: string) => `${count} in one`,
    membersTitle: (count: number) => `${n(count, "alert", "alerts")} with this cause`,
    more: (count: number) => `${count} more`,
    under: "Part of",
    storm: (rang: string) => `Alert storm: ${rang} rang within 10 minutes`,
    folded: (count: string) =>
      `${count} of medium and low are folded away, click Medium or Low to see them; presses and high alerts stay`,
  },
};
