// What is said, and what comes back, when the browser takes the graphics of a canvas away.
import assert from "node:assert/strict";
import { until } from "./harness.mjs";

// Of the map, of deck.gl and of the tracks.
export const GRAPHICS = [".base canvas", ".layers canvas", ".tracks"];

export const lose = (...canvases) => `(window.lost = ${JSON.stringify(canvases)}.map((one) =>
    document.querySelector(one).getContext("webgl2").getExtension("WEBGL_lose_context"))
).forEach((one) => one.loseContext())`;

export const RESTORE = "lost.forEach((one) => one.restoreContext())";

const MAP = "airpicture.air.base.map",
    SEA = `${MAP}.getPaintProperty("sea", "background-color")`,
    LAND = `${MAP}.getPaintProperty("land", "fill-color")`,
    CALLED = "document.querySelector('.notices [role=alert]').textContent";

// With the page as `isAsBefore` knows it; so it is left, too.
export async function lossCases(check, page, drawn, isAsBefore) {
    const look = (what) => page.evaluate(what);

    await check("graphics: the page says that tracks are not drawn, until they are", async () => {
        assert.equal(await look(CALLED), "");
        await look(lose(".tracks"));
        await until(page, `/^Tracks are not drawn: graphics were lost/.test(${CALLED})`);
        await look(RESTORE);
        await until(page, `${CALLED} === "" && !document.querySelector(".tracks").hidden`);
    });

    await check("graphics: each canvas comes back by itself", async () => {
        for (const one of GRAPHICS) {
            await look("airpicture.picture.layers.isOfBefore = true");
            await look(lose(one));
            if (one === ".base canvas") await until(page, `!${MAP}.style`);
            if (one === ".tracks") await until(page, `${CALLED} !== ""`);
            if (one === ".layers canvas")
                await until(page, "(({ layers }) => layers && !layers.isOfBefore)(airpicture.picture)");
            await look(RESTORE);
        }
        await until(page, `${CALLED} === "" && airpicture.picture.layers !== null`);
        await drawn();
        await isAsBefore();
    });

    await check("graphics: a theme chosen while they are lost is that of the map", async () => {
        const night = await look(`[${SEA}, ${LAND}]`);
        await page.keyboard.press("y");
        const day = await look(`[${SEA}, ${LAND}]`);
        await page.keyboard.press("y");
        assert.deepEqual(await look(`[${SEA}, ${LAND}]`), night);
        assert.ok(night[0] !== day[0] && night[1] !== day[1]);
        await look(lose(...GRAPHICS));
        await until(page, `!${MAP}.style`);
        await page.keyboard.press("k"); // whoever is told of settings after the map hears of them
        await page.keyboard.press("y");
        assert.equal(await look("document.querySelector('.scale.on-map').hidden"), false);
        await page.keyboard.press("k");
        await look(RESTORE);
        await until(page, `${MAP}.style?._loaded && ${SEA} === "${day[0]}"`);
        assert.equal(await look(LAND), day[1]);
        await until(page, `${CALLED} === "" && airpicture.picture.layers !== null`);
        await page.keyboard.press("y");
        await drawn();
        await isAsBefore();
    });
}

// The page is asked for anew.
export async function loadingCase(check, page) {
    const look = (what) => page.evaluate(what),
        world = "**/world*.bin";
    await check("graphics: lost before the countries have come, the map has them later", async () => {
        let letGo;
        const isLet = new Promise((done) => (letGo = done));
        const isAsked = new Promise((asked) =>
            page.route(world, async (route) => {
                asked();
                await isLet;
                await route.continue();
            }),
        );
        await page.reload();
        await isAsked;
        await look(lose(".base canvas"));
        await until(page, `!${MAP}.style`);
        letGo();
        await until(page, "airpicture.air.base.world !== null");
        assert.equal(await look("airpicture.air.countries.length"), 0);
        await look(RESTORE);
        await until(page, "airpicture.air.countries.length > 0");
        assert.ok(await look(`${MAP}.getLayer("coast") !== undefined`));
        await page.unroute(world);
    });
}
