// Packs each file of dist/ beside itself (the server sends NAME.gz to those who accept it), tells
// what they weigh, and fails beyond the limit of the whole.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT = 700_000;
const root = fileURLToPath(new URL("../dist", import.meta.url));
const files = readdirSync(root, { recursive: true }).map((name) => join(root, String(name)));
let total = 0;
for (const file of files.filter((name) => !name.endsWith(".gz") && statSync(name).isFile())) {
    const packed = gzipSync(readFileSync(file), { level: 9 });
    writeFileSync(file + ".gz", packed);
    total += packed.length;
    console.log(`${String(packed.length).padStart(8)} B gzip  ${file.slice(root.length + 1)}`);
}
console.log(`${String(total).padStart(8)} B gzip  in all, of ${LIMIT}`);
if (total > LIMIT) process.exit(1);
