/** A count with its noun: "1 school", "2 schools". */
export const n = (count: number, one: string, other: string): string => `${count} ${count === 1 ? one : other}`;
