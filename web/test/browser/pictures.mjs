// Compares pictures by tiles, so that a missing label counts as much as a missing coast, and noise
// of single pixels does not.
import { GRAPHICS, RESTORE, lose } from "./graphics.mjs";

const TILE = 16, // pixels
    DIFFERENT = 5; // of 255, in the mean of a tile

// What breaks a layer, and what mends it.
export const BROKEN = {
    labels: ["airpicture.app.set({labels: false})", "airpicture.app.set({labels: true})"],
    colours: ["airpicture.app.set({colour: 'level'})", "airpicture.app.set({colour: 'source'})"],
    theme: ["airpicture.app.set({theme: 'day'})", "airpicture.app.set({theme: 'night'})"],
    graphics: [lose(...GRAPHICS), RESTORE],
};

// How many of a thousand tiles differ between two PNG files, but for those that touch `beside`
// ([left, top, right, bottom], pixels). The browser reads the files.
export async function differing(page, one, other, beside = [0, 0, 0, 0]) {
    const count = async ([a, b, tile, different, [left, top, right, bottom]]) => {
        const pixels = async (text) => {
            const octets = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
            const bitmap = await createImageBitmap(new Blob([octets], { type: "image/png" }));
            const g = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
            g.drawImage(bitmap, 0, 0);
            return g.getImageData(0, 0, bitmap.width, bitmap.height);
        };
        const [x, y] = [await pixels(a), await pixels(b)];
        if (x.width !== y.width || x.height !== y.height) return 1000;
        const across = Math.ceil(x.width / tile),
            sums = new Float64Array(across * Math.ceil(x.height / tile));
        for (let i = 0; i < x.data.length; i++) {
            const pixel = i >> 2,
                row = Math.floor(pixel / x.width / tile),
                column = Math.floor((pixel % x.width) / tile);
            sums[row * across + column] += Math.abs(x.data[i] - y.data[i]);
        }
        const isCounted = (_, i) => {
            const x0 = (i % across) * tile,
                y0 = Math.floor(i / across) * tile;
            return x0 >= right || x0 + tile <= left || y0 >= bottom || y0 + tile <= top;
        };
        const bad = sums.filter(isCounted).filter((sum) => sum / (3 * tile * tile) > different);
        return (1000 * bad.length) / sums.length;
    };
    const texts = [one, other].map((png) => png.toString("base64"));
    return page.evaluate(count, [...texts, TILE, DIFFERENT, beside]);
}
