/** What is held back, grouped or folded away, and the figures of the alarms themselves. */
export const noise = {
  noise: {
    held: (n: string) => `压住 ${n}`,
    heldTitle: (grouped: string, shelved: string, planned: string) =>
      `不响铃但仍未结：同因合并 ${grouped}、搁置 ${shelved}、计划检修 ${planned}。报警按钮从不压住。`,
    heldView: "以下告警未结但不响铃；安静不等于正常",
    heldWord: { grouped: "同因合并", shelved: "已搁置", planned: "计划检修" } as Record<string, string>,
    until: (time: string) => `至 ${time}`,
    members: (n: string) => `合并 ${n} 条`,
    membersTitle: (n: number) => `合并在内的告警 ${n} 条`,
    more: (n: number) => `另有 ${n} 条`,
    under: "合并于",
    storm: (rang: string) => `告警风暴：10 分钟内响起 ${rang} 条`,
    folded: (n: string) => `中低级 ${n} 条已折叠，点“中”或“低”可看；报警按钮与高级告警照常显示`,
  },
};
