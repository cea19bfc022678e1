// Runs test/*.test.ts with node's own runner: packed by esbuild first, since node 18 reads no types.
// The map is made first: it is tested too.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import "./world.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = mkdtempSync(join(root, "generated-test-"));
try {
    await build({
        entryPoints: readdirSync(join(root, "test"))
            .filter((name) => name.endsWith(".test.ts"))
            .map((name) => join(root, "test", name)),
        bundle: true,
        platform: "node",
        external: ["./base_map.js"], // nothing without a browser
        format: "esm",
        outdir: out,
        outExtension: { ".js": ".mjs" },
        logLevel: "warning",
    });
    const files = readdirSync(out)
        .filter((name) => name.endsWith(".mjs"))
        .map((name) => join(out, name));
    process.exitCode =
        spawnSync(process.execPath, ["--test", "--test-reporter=tap", ...files], {
            stdio: "inherit",
        }).status ?? 1;
} finally {
    rmSync(out, { recursive: true });
}
