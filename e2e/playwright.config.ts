// Real Chromium, of the distribution's package: nothing is downloaded.
import { defineConfig } from "@playwright/test";
import { existsSync } from "node:fs";
import type { Settings } from "./fixtures.ts";

const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
if (!chromium) throw new Error("no Chromium here: run scripts/setup test first");

export default defineConfig<Settings>({
  testDir: "tests",
  timeout: 60_000,
  expect: { timeout: 15_000, toHaveScreenshot: { maxDiffPixelRatio: 0.01 } },
  snapshotPathTemplate: "{testDir}/../snapshots/{arg}{ext}",
  fullyParallel: true,
  workers: 2,
  // A busy machine may be late once, and is told of as flaky; what fails twice is broken.
  retries: 1,
  forbidOnly: !!process.env.CI,
  reporter: [["list"]],
  // What depends on how the server speaks runs over both transports; the rest shows the same.
  projects: [
    { name: "direct", use: { transport: "direct" } },
    { name: "mounted", use: { transport: "mounted" }, testMatch: /(chat|recovery|chaos|socketio)\.spec\.ts$/, grepInvert: /@site/ },
  ],
  use: {
    locale: "sv-SE",
    timezoneId: "Europe/Stockholm",
    viewport: { width: 1280, height: 860 },
    // Without its film, which costs half as much processor time again, of every test.
    trace: { mode: "retain-on-failure", screenshots: false },
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox", // Chromium refuses to run as root with it.
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
