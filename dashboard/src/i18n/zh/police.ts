/** What the police's own systems say of a call. */
export const police = {
  police: {
    title: "公安回执",
    apart: "公安系统对本警情的答复，不代替这里的确认和结案。",
    state: {
      sent: "已送达",
      accepted: "已接警",
      rejected: "未受理",
      dispatched: "已派警",
      on_scene: "已到场",
      closed: "已结案",
    } as Record<string, string>,
    effect: { moved: "", late: "迟到，未改变状态", repeated: "重复" },
    came: (at: string) => `收到于 ${at}`,
    number: (number: string) => `编号 ${number}`,
  },
};
