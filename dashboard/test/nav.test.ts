import { expect, test } from "vitest";
import { fitting } from "../src/screens/nav";

const WIDTHS = [60, 80, 40, 70];

test("all entries stand beside each other where they fit", () => {
  expect(fitting(WIDTHS, 50, 252)).toBe(4);
});

test("where they do not, the way to the rest has its room too", () => {
  expect(fitting(WIDTHS, 50, 251)).toBe(3);
  expect(fitting(WIDTHS, 50, 231)).toBe(2);
  expect(fitting(WIDTHS, 50, 60)).toBe(0);
});
