// Says how heavy the first load of the built dashboard is, and fails where a seat on a slow line would wait for it:
// the page, what it asks for at once, and nothing that comes later. Sizes are gzipped, as the server sends them.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const MOST = 100 * 1024;
const built = join(dirname(fileURLToPath(import.meta.url)), "../../server/api/static");
const page = readFileSync(join(built, "index.html"), "utf8");
const asked = [...page.matchAll(/(?:src|href)="(?:\.\/)?(assets\/[^"]+)"/g)].map((found) => found[1]);
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;

let whole = gzipSync(page).length;
for (const file of asked) whole += gzipSync(readFileSync(join(built, file))).length;
console.log(`First load: ${kilobytes(whole)} gzipped in ${asked.length + 1} files, at most ${kilobytes(MOST)}.`);
if (asked.length < 2 || whole > MOST) {
  console.error("Too heavy: let a screen be fetched when it is opened (src/screens/shell.tsx).");
  process.exit(1);
}
