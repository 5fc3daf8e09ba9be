import { defineConfig } from "vite";

// The build goes where the server serves it from; nothing is inlined, so that the pages live under `default-src 'self'`.
export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../server/api/static",
    emptyOutDir: true,
    target: "chrome87",
    cssTarget: "chrome87",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    rollupOptions: { input: ["index.html", "guard.html"] }, // The guard's page is small and by itself.
  },
  worker: { format: "iife" },
  server: { proxy: { "/api": "http://127.0.0.1:8099" } },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"] },
});
