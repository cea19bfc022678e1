// Writes dist/notices.txt: the licence of each package that is in the page. THIRD-PARTY.md lists
// the same; a package that is bundled and not named here fails the build (vite.config.js).
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { BUNDLED } from "./bundled.mjs";

const root = new URL("../node_modules/", import.meta.url);
const texts = BUNDLED.map((name) => {
    const folder = new URL(name + "/", root);
    const about = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
    const file = ["LICENSE", "LICENSE.txt", "LICENSE.md"].map((one) => new URL(one, folder));
    const found = file.find((one) => existsSync(one));
    const text = found ? readFileSync(found, "utf8").trim() : `Licence: ${about.license}`;
    return `${name} ${about.version} (${about.license})\n\n${text}\n`;
});
const line = "\n" + "-".repeat(72) + "\n\n";
writeFileSync(new URL("../dist/notices.txt", import.meta.url), texts.join(line));
