/** Tests and drills: what every screen says while one is under way, and why a press is real beside it. */
export const drill = {
  windows: {
    open: (mode: string, school: string) => `${mode}进行中：${school}`,
    buttons: (n: number) => `登记按钮 ${n} 个`,
    left: (span: string) => `剩余 ${span}`,
    more: (n: number) => `另有 ${n} 个时段`,
    others: "未登记的按钮按真实警情处置",
    view: "查看时段",
    whyReal: {
      unlisted: "演练期间非登记按钮",
      undeclared: "设备自称测试，未申报",
      no_clock: "时钟不可信，按真实处置",
    } as Record<string, string>,
    whyRealTitle: {
      unlisted: "该校正在测试或演练，但此按钮未登记：是真实警情",
      undeclared: "设备上报为测试或演练，但没有人申报：是真实警情",
      no_clock: "此按钮已登记，但按下时间无法证实：按真实警情处置",
    } as Record<string, string>,
  },
  proof: {
    title: "试警留痕",
    lead: "每个按钮最近一次从按下到公安回执的全程时间",
    none: "该校没有登记的报警按钮",
    steps: { pressed: "按下", received: "收到", stored: "入库", shown: "公安画面", receipted: "公安回执" } as Record<
      string,
      string
    >,
    states: {
      failed: "失败",
      overdue: "超期",
      never: "从未留痕",
      under_way: "进行中",
      proven: "有效",
    } as Record<string, string>,
    lacking: {
      not_stored: "未按时入库",
      late: "入库超时",
      not_shown: "公安画面未按时显示",
      no_receipt: "公安未按时回执",
    } as Record<string, string>,
    due: (day: string) => `下次应于 ${day} 前`,
    lastGood: (when: string) => `上次全程完成：${when}`,
    after: (seconds: string) => `+${seconds} 秒`,
    missing: "无",
  },
};
