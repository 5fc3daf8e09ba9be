/** Numbers, instants and spans as the screens write them. Pure; times are shown in Asia/Shanghai, wherever the browser is. */

const ZONE = "Asia/Shanghai";
const make = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hourCycle: "h23", ...options });
const two = "2-digit" as const;
const hms = make({ hour: two, minute: two, second: two });
const hm = make({ hour: two, minute: two });
const ymd = make({ year: "numeric", month: two, day: two });

export const clock = (ms: number): string => hms.format(ms);
export const hourMinute = (ms: number): string => hm.format(ms);
export const day = (ms: number): string => ymd.format(ms).split("/").reverse().join("-");
export const dateTime = (ms: number): string => `${day(ms)} ${clock(ms)}`;

/** An instant for a list: the time of day, with the date in front when it is another day. */
export function when(ms: number, now: number): string {
  const date = day(ms);
  return date === day(now) ? clock(ms) : `${date.slice(5)} ${hourMinute(ms)}`;
}

const pad = (value: number): string => String(Math.floor(value)).padStart(2, "0");

/** A running span: 03:40, 1:02:07, 3d 04:10. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days > 0) return `${days}d ${pad(hours)}:${pad(minutes)}`;
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${pad(minutes)}:${pad(seconds % 60)}`;
}

export interface AgeWords {
  seconds(n: string): string;
  minutes(n: number): string;
  hours(n: number): string;
  days(n: number): string;
}

/** How long ago, in one unit; below ten seconds with a decimal, as a feed's age is read. */
export function ago(ms: number, words: AgeWords): string {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 10) return words.seconds((Math.floor(seconds * 10) / 10).toFixed(1));
  if (seconds < 120) return words.seconds(String(Math.floor(seconds)));
  if (seconds < 7200) return words.minutes(Math.floor(seconds / 60));
  return seconds < 172_800 ? words.hours(Math.floor(seconds / 3600)) : words.days(Math.floor(seconds / 86_400));
}

/** Hundredths of a percent, already rounded down by the server, as 99.95%; only the whole is written 100%. */
export function percent(basisPoints: number): string {
  return basisPoints >= 10_000 ? "100%" : `${Math.floor(basisPoints / 100)}.${pad(basisPoints % 100)}%`;
}

export const count = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** UCUM units as people write them. */
const UNITS: Record<string, string> = {
  "1": "",
  Cel: "°C",
  "dB[mW]": "dBm",
  Ohm: "Ω",
  GBy: "GB",
  d: "d",
};
export const unit = (ucum: string): string => UNITS[ucum] ?? ucum;

/** A measured number with at most three decimals and no useless ones. */
export const measured = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toFixed(3)));

/** Shorten in the middle: the end of a school's name is what tells it from its neighbours. */
export function middle(text: string, max: number): string {
  const letters = Array.from(text);
  if (letters.length <= max) return text;
  const tail = Math.floor((max - 1) / 2);
  return `${letters.slice(0, max - 1 - tail).join("")}…${letters.slice(letters.length - tail).join("")}`;
}
