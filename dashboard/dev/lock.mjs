/**
 * Renews package-lock.json from package.json: `npm run lock`, or `npm run lock -- folder` for another package of the tree.
 * The lock names what is installed, never where it comes from.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const DASHBOARD = join(dirname(fileURLToPath(import.meta.url)), "..");
const HERE = resolve(process.argv[2] ?? DASHBOARD);
// In an empty folder: beside an installed node_modules npm copies from there, and leaves the hashes out.
const work = mkdtempSync(join(tmpdir(), "lock-"));
copyFileSync(join(HERE, "package.json"), join(work, "package.json"));
copyFileSync(join(DASHBOARD, ".npmrc"), join(work, ".npmrc"));
execFileSync("npm", ["install", "--package-lock-only"], { cwd: work, stdio: "inherit" });
const lock = JSON.parse(readFileSync(join(work, "package-lock.json"), "utf8"));
for (const [name, one] of Object.entries(lock.packages)) {
  delete one.funding; // Addresses of other sites, which nothing here needs.
  delete one.resolved;
  if (name && !one.integrity) throw new Error(`${name} has no hash`);
}
writeFileSync(join(HERE, "package-lock.json"), `${JSON.stringify(lock, null, 2)}\n`);
rmSync(work, { recursive: true });
