// Measurements: no part of the tests, and one at a time.
import { defineConfig } from "@playwright/test";
import base from "../playwright.config.ts";

export default defineConfig({
  ...base,
  testDir: ".",
  testMatch: "log.ts",
  timeout: 900_000,
  fullyParallel: false,
  workers: 1,
  reporter: [["line"]],
  projects: [{ name: "direct" }],
  use: { ...base.use, trace: "off", screenshot: "off" },
});
