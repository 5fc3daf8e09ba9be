/** Instants as a guard reads them: by the school's clock, whatever zone the phone is set to. */
const OF_DAY = new Intl.DateTimeFormat("zh-CN", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZone: "Asia/Shanghai",
});
const WITH_DAY = new Intl.DateTimeFormat("zh-CN", {
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZone: "Asia/Shanghai",
});

export const clock = (ms: number): string => OF_DAY.format(ms);
export const moment = (ms: number): string =>
  Math.abs(Date.now() - ms) < 43_200_000 ? clock(ms) : WITH_DAY.format(ms);
