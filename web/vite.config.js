import { defaultClientConditions, defineConfig } from "vite";
import { BUNDLED } from "./tools/bundled.mjs";

// Every package that gets into the page has its licence in notices.txt.
const licences = {
    name: "licences",
    generateBundle(_options, bundle) {
        for (const chunk of Object.values(bundle))
            for (const id of Object.keys(chunk.modules ?? {})) {
                const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1];
                if (name && chunk.modules[id].renderedLength > 0 && !BUNDLED.includes(name))
                    this.error(
                        `${name} is bundled, but not in tools/bundled.mjs and THIRD-PARTY.md`,
                    );
            }
    },
};

// MapLibre's style holds pictures of buttons that this page has not.
const withoutPictures = {
    name: "without-pictures",
    enforce: "pre",
    transform: (code, id) =>
        id.endsWith("maplibre-gl.css")
            ? { code: code.replace(/[^{}]+\{[^{}]*url\("data:[^{}]*\}/g, ""), map: null }
            : null,
};

export default defineConfig({
    base: "./",
    plugins: [licences, withoutPictures],
    resolve: { conditions: ["visgl:webgl-only", ...defaultClientConditions] }, // of deck.gl
    worker: { format: "es", rollupOptions: { output: { hashCharacters: "hex" } } },
    build: {
        target: "es2020",
        chunkSizeWarningLimit: 2000,
        assetsInlineLimit: 0, // the policy of the server knows no inline files
        modulePreload: { polyfill: false },
        rollupOptions: {
            output: {
                hashCharacters: "hex", // the server keeps names with a hash of 8 characters for a year
                // What loads the others is in neither of them.
                manualChunks: (id) =>
                    /vite\/preload-helper|commonjsHelpers/.test(id)
                        ? "loader"
                        : /node_modules\/maplibre-gl/.test(id)
                          ? "maplibre"
                          : /node_modules\/(@deck|@luma|@math|@loaders|@probe|mjolnir)/.test(id)
                            ? "deck"
                            : undefined,
            },
        },
    },
});
