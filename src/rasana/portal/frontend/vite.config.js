import { defineConfig } from "vite";

// Built into a folder of Django's static files: /static/portal/..., and manifest.json that says which file is which.
export default defineConfig({
  base: "/static/",
  publicDir: false,
  build: {
    outDir: "../static_built",
    assetsDir: "portal",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    rollupOptions: { input: { main: "src/main.js", map: "src/map.js" }, checks: { pluginTimings: false } },
  },
});
