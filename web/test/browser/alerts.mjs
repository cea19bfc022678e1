// Two displays and one alert: who may acknowledges it, the other sees who did. Then another alert
// comes while they are open, and is seen and heard on a phone whose lists are closed.
//   node test/browser/alerts.mjs PORT TOKEN FILE     TOKEN: one that may operate; FILE: when it is
//                                                   there, an aircraft squawks 7600
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { axeClean, openPage, startBrowser, until } from "./harness.mjs";

const [port, token, failing] = process.argv.slice(2);
const browser = await startBrowser(),
    refusals = [];

async function open(width, height) {
    const page = await openPage(browser, { viewport: { width, height } });
    page.on("console", (one) => refusals.push(one.text()));
    await page.goto(`http://127.0.0.1:${port}/`);
    await until(page, "window.airpicture?.app.alerts.length > 0");
    return page;
}

async function display() {
    const page = await open(960, 640);
    await page.keyboard.press("a");
    await until(page, "document.querySelectorAll('.alert').length === 1");
    return page;
}

const words = (page) => page.evaluate("document.querySelector('#leaf-alerts').textContent");
const count = (page) => page.evaluate("document.querySelector('#tab-alerts .count').hidden");
const bell = (page) => page.evaluate("document.querySelector('.bell').ariaLabel");

// All that the live region for alerts says from now on.
const hear = (page) =>
    page.evaluate(`(() => {
        const region = document.querySelector('.unseen[role=alert]');
        window.heard = [region.textContent];
        new MutationObserver(() => heard.push(region.textContent)).observe(region, {
            childList: true, characterData: true, subtree: true });
    })()`);
let status = 0;
try {
    const reader = await display(),
        operator = await display();
    await until(reader, "airpicture.air.base?.map.getSource('tiles')");
    await until(reader, "airpicture.air.base.map.isSourceLoaded('tiles')");
    await until(
        reader,
        "document.querySelector('.maplibregl-ctrl-attrib')?.textContent === 'Map: <them> & us'",
    );
    assert.equal(
        await reader.evaluate(
            "fetch('http://127.0.0.1:9/').then(() => 'asked', (error) => error.constructor.name)",
        ),
        "TypeError",
        "the policy lets the page ask no third origin",
    );
    assert.ok(refusals.some((text) => /127.0.0.1:9.*Content Security Policy/.test(text)));
    assert.match(await words(reader), /Operators acknowledge alerts.*7700: emergency40621D.*squawks 7700/);
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
        await until(operator, then);
        await until(operator, "document.querySelector('.pill').dataset.state === 'live'");
    }
    await until(operator, "document.querySelector('[data-focus^=a]') !== null");
    await axeClean(operator, "who may operate");
    await operator.focus("[data-focus^=a]");
    await operator.keyboard.press("Enter");
    for (const page of [operator, reader]) {
        await until(page, "document.querySelector('.alert.seen') !== null");
        assert.match(await words(page), /Acknowledged by ann, \d\d:\d\d:\d\d/);
        assert.equal(await count(page), true);
    }
    assert.equal(
        await operator.evaluate("document.activeElement.closest('.alert') !== null"),
        true,
        "the focus stays in the list",
    );
    await axeClean(reader, "acknowledged");
    await reader.close();

    const phone = await open(390, 844);
    await until(phone, "document.querySelector('.bell').ariaLabel === 'Alerts'");
    assert.ok(await phone.evaluate("document.querySelector('.dock').hidden"));
    for (const page of [phone, operator]) await hear(page);
    writeFileSync(failing, "");
    for (const page of [phone, operator]) {
        await until(page, "heard.length > 1");
        assert.equal(await bell(page), "Alerts: 1 not acknowledged");
        assert.equal(await page.locator(".bell .count").innerText(), "1");
    }
    await axeClean(phone, "an alert on a phone");
    await phone.locator(".bell").click();
    await until(phone, "/7600: radio failure.*40621E/.test(document.querySelector('.alert').textContent)");
    await operator.getByRole("button", { name: /^Acknowledge 7600: radio failure/ }).click();
    for (const page of [phone, operator]) {
        await until(page, "document.querySelector('.bell').ariaLabel === 'Alerts'");
        assert.deepEqual(
            (await page.evaluate("heard")).slice(1),
            ["Alert: 7600: radio failure, 40621E"],
            "a new alert is said, once",
        );
    }
} catch (error) {
    console.error(String(error.message).replace(/\s+/g, " ").slice(0, 500));
    status = 1;
}
await browser.close();
process.exit(status);
