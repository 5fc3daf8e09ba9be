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
};
