// Says how heavy the first load of the built dashboard is, and fails where a seat on a slow line would wait for it:
// the page, what it asks for at once, and nothing that comes later. Sizes are gzipped, as the server sends them.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const MOST = { "index.html": 100 * 1024, "guard.html": 40 * 1024 };
const built = join(dirname(fileURLToPath(import.meta.url)), "../../server/api/static");
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;

for (const [name, most] of Object.entries(MOST)) {
  const page = readFileSync(join(built, name), "utf8");
  const asked = [...page.matchAll(/(?:src|href)="(?:\.\/)?(assets\/[^"]+)"/g)].map((found) => found[1]);
  let whole = gzipSync(page).length;
  for (const file of asked) whole += gzipSync(readFileSync(join(built, file))).length;
  console.log(
    `First load of ${name}: ${kilobytes(whole)} gzipped in ${asked.length + 1} files, at most ${kilobytes(most)}.`,
  );
  if (asked.length < 2 || whole > most) {
    console.error("Too heavy: let a screen be fetched when it is opened (src/screens/shell.tsx).");
    process.exit(1);
  }
}
