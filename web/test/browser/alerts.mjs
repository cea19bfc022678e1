// Two displays and one alert: who may acknowledges it, the other sees who did.
//   node test/browser/alerts.mjs PORT TOKEN     TOKEN: one that may operate
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { startBrowser, until } from "./harness.mjs";

const [port, token] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await startBrowser();

async function display() {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    await until(page, "window.airpicture?.app.alerts.length > 0", 20);
    await page.keyboard.press("a");
    await until(page, "document.querySelectorAll('.alert').length === 1", 5);
    return page;
}

async function axeClean(page, where) {
    await page.evaluate(axe);
    const found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})");
    assert.deepEqual(found.violations.map((one) => `${one.id}: ${one.nodes[0]?.target}`), [], where);
}

const words = (page) => page.evaluate("document.querySelector('#leaf-alerts').textContent");
const count = (page) => page.evaluate("document.querySelector('#tab-alerts .count').hidden");
let status = 0;
try {
    const reader = await display(),
        operator = await display();
    assert.match(await words(reader), /Operators acknowledge alerts.*emergency code#1 7700/);
    assert.equal(await reader.getByRole("button", { name: /^Acknowledge/ }).count(), 0);
    assert.equal(await count(reader), false);
    await axeClean(reader, "who may only read");

    for (const [typed, then] of [
        ["a".repeat(43), "document.querySelector('dialog.login .problem').textContent !== ''"],
        [token, "airpicture.app.session.may_operate"],
    ]) {
        if (!(await operator.evaluate("document.querySelector('dialog.login').open")))
            await operator.getByRole("button", { name: "Enter a token" }).click();
        await operator.fill("dialog.login input", typed);
        await operator.keyboard.press("Enter");
        await until(operator, then, 10);
        await until(operator, "document.querySelector('.pill').dataset.state === 'live'", 10);
    }
    await until(operator, "document.querySelector('[data-focus^=a]') !== null", 5);
    await axeClean(operator, "who may operate");
    await operator.focus("[data-focus^=a]");
    await operator.keyboard.press("Enter");
    for (const page of [operator, reader]) {
        await until(page, "document.querySelector('.alert.seen') !== null", 10);
        assert.match(await words(page), /Acknowledged by ann, \d\d:\d\d:\d\d/);
        assert.equal(await count(page), true);
    }
    assert.equal(
        await operator.evaluate("document.activeElement.closest('.alert') !== null"),
        true,
        "the focus stays in the list",
    );
    await axeClean(reader, "acknowledged");
} catch (error) {
    console.error(String(error.message).replace(/\s+/g, " ").slice(0, 500));
    status = 1;
}
await browser.close();
process.exit(status);
