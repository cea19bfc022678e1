// What the tests and the bench of the page in a browser share.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

// The program itself, on a free port.
export async function startService(program, ...options) {
    const child = spawn(program, ["run", "--port", "0", ...options], {
        stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    const port = await new Promise((resolve, reject) => {
        child.stderr.on("data", (data) => {
            said += data;
            const found = /serves at http:\/\/[^:]+:(\d+)/.exec(said);
            if (found) resolve(Number(found[1]));
        });
        child.on("exit", (status) => reject(new Error(`the service ended (${status}): ${said}`)));
    });
    return { port, child, stop: () => child.kill("SIGKILL") };
}

// A line to the service that can be cut and mended; or swallows what is sent on connections that
// there are, and takes new ones.
export async function startLine(port) {
    const sockets = new Set(),
        swallowed = new Set();
    let isCut = false;
    const server = net.createServer((near) => {
        if (isCut) return near.destroy();
        const far = net.connect(port, "127.0.0.1");
        for (const [a, b] of [
            [near, far],
            [far, near],
        ]) {
            sockets.add(a);
            a.on("data", (octets) => swallowed.has(a) || b.write(octets));
            a.on("end", () => swallowed.has(a) || b.end());
            a.on("error", () => b.destroy());
            a.on("close", () => {
                sockets.delete(a);
                if (!swallowed.has(a)) b.destroy();
            });
        }
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        port: server.address().port,
        cut() {
            isCut = true;
            for (const socket of sockets) socket.destroy();
        },
        swallow() {
            for (const socket of sockets) swallowed.add(socket);
        },
        mend() {
            isCut = false;
        },
        // What connects from now on reaches another service.
        to(other) {
            port = other;
        },
        close() {
            for (const socket of sockets) socket.destroy();
            server.close();
        },
    };
}

export const startBrowser = () =>
    chromium.launch({
        executablePath: CHROMIUM,
        args: [
            "--no-sandbox",
            "--use-angle=swiftshader",
            "--enable-unsafe-swiftshader",
            "--ignore-gpu-blocklist",
        ],
    });

const PATIENCE_S = 100; // on a machine that does much else

// A page whose every wait is as long as the others here.
export async function openPage(browser, options) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
    page.setDefaultTimeout(PATIENCE_S * 1000);
    return page;
}

// The policy of the page forbids the browser's own waiting, which evaluates text.
export async function until(page, what) {
    const end = Date.now() + PATIENCE_S * 1000;
    for (;;) {
        const value = await page.evaluate(what);
        if (value) return value;
        if (Date.now() > end) throw new Error(`waited ${PATIENCE_S} s: ${what}`);
        await page.waitForTimeout(60);
    }
}

// Two views of a picture that moves are not of one moment: what `compare` asserts has to hold
// once within that time.
export async function agree(page, compare, seconds = PATIENCE_S) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        try {
            return await compare();
        } catch (error) {
            if (Date.now() > end) throw error;
            await page.waitForTimeout(100);
        }
    }
}

// Between two places (longitude, latitude in degrees), in radians, by the scalar product of their
// directions.
export function angleBetween(a, b) {
    const [[x0, y0], [x1, y1]] = [a, b].map((one) => one.map((angle) => (angle * Math.PI) / 180));
    const product = Math.sin(y0) * Math.sin(y1) + Math.cos(y0) * Math.cos(y1) * Math.cos(x1 - x0);
    return Math.acos(Math.min(1, product));
}

// Name and text of the file that the track's panel saves; `words`: on the button.
export async function saved(page, words) {
    const waits = page.waitForEvent("download");
    await page.locator(".track footer button", { hasText: words }).click();
    const file = await waits;
    return [file.suggestedFilename(), readFileSync(await file.path(), "utf8")];
}

// Of axe-core, what a dialog can break; what is behind it was looked at before.
export const DIALOG = [
    ...["button-name", "color-contrast", "definition-list", "dlitem", "heading-order", "label"],
    ...["list", "region", "svg-img-alt"],
];

// Whether axe-core finds nothing on the page as it is; `rules`: those alone.
export async function axeClean(page, where, rules) {
    await page.evaluate(axe);
    const only = rules ? `, runOnly: ${JSON.stringify(rules)}` : "";
    const found = await page.evaluate(`axe.run(document, {resultTypes: ['violations']${only}})`);
    const lines = found.violations.map(
        (one) => `${one.id}: ${one.nodes[0]?.target} (${one.nodes.length})`,
    );
    assert.deepEqual(lines, [], where);
}

// Runs cases one after the other, and tells each as the scripts of test/e2e do.
export function cases() {
    let failed = 0;
    const check = async (name, run) => {
        const begin = Date.now();
        try {
            await run();
            console.log(`ok ${name}`);
        } catch (error) {
            failed++;
            const words = String(error.message).replace(/\s+/g, " ").slice(0, 400);
            console.log(`not ok ${name} ${words}`);
        }
        if (process.env.AP_TIMES) console.error(`${Date.now() - begin} ms ${name}`);
    };
    return { check, end: () => process.exit(failed ? 1 : 0) };
}
