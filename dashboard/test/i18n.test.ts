import { describe, expect, it } from "vitest";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";

/** List the keys of a table of texts, with the number of arguments where a text takes some. */
function keys(table: object, path = ""): string[] {
  return Object.entries(table).flatMap(([key, value]) => {
    const at = `${path}.${key}`;
    if (typeof value === "function") return [`${at}(${value.length})`];
    return value && typeof value === "object" && !Array.isArray(value) ? keys(value, at) : [at];
  });
}

const subjects = {
  zh: import.meta.glob<Record<string, object>>(["../src/i18n/zh/*.ts", "!**/index.ts"], { eager: true }),
  en: import.meta.glob<Record<string, object>>(["../src/i18n/en/*.ts", "!**/index.ts", "!**/count.ts"], {
    eager: true,
  }),
};

describe("the two languages", () => {
  it.each([
    ["zh", zh],
    ["en", en],
  ] as const)("have each table in one subject's file, and each file in the whole: %s", (language, whole) => {
    const tables = Object.values(subjects[language]).flatMap((file) => Object.values(file).flatMap(Object.keys));

    expect(tables.length).toBeGreaterThan(10);
    expect(tables.sort()).toEqual(Object.keys(whole).sort());
  });

  it("have the same texts", () => {
    expect(keys(en).sort()).toEqual(keys(zh).sort());
  });

  it("leave nothing empty, and no Chinese in the English ones", () => {
    const texts = (table: object): string[] =>
      Object.values(table).flatMap((value) =>
        typeof value === "string" ? [value] : value && typeof value === "object" ? texts(value) : [],
      );
    expect(texts(en).filter((text) => /\p{Script=Han}/u.test(text))).toEqual(
      texts(en).filter((text) => text === "中文"),
    );
  });
});
