// What the main states look like, compared with the pictures in e2e/snapshots/. They are taken with
// the fonts that `scripts/setup test` installs; `make visual-update` takes them anew.
import type { BrowserContextOptions, Page } from "@playwright/test";
import { type Tongue, REPLY, pose, settled, talk, write } from "../pose.ts";
import { expect, expectSaid, join, say, sayAll, test } from "../fixtures.ts";

const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const dark: BrowserContextOptions = { colorScheme: "dark" };
const english: BrowserContextOptions = { locale: "en-GB" };

async function expectLooks(page: Page, name: string): Promise<void> {
  await settled(page);
  // Which attempt it is, and when the next one comes, is the dice's.
  const mask = [page.locator(".banner p > span")];
  await expect(page).toHaveScreenshot(`${name}.png`, { mask, maskColor: "#8a8275" });
}

type Open = (options?: BrowserContextOptions) => Promise<Page>;

async function room(open: Open, options: BrowserContextOptions, tongue: Tongue): Promise<Page> {
  const others = await open();
  await talk(others, tongue);
  const page = await open(options);
  await pose(page);
  await join(page, "Åsa");
  await say(page, REPLY[tongue]);
  await expectSaid(page, "Åsa", REPLY[tongue]);
  await write(others, "Ebba");
  await expect(page.locator(".typing")).toContainText("Ebba");
  return page;
}

test("the door", { tag: "@site" }, async ({ open }) => {
  const page = await open(desktop);
  await expect(page.getByTestId("nick-input")).toBeVisible();
  await expectLooks(page, "door");
});

test("the door on a phone, a taken nick", { tag: "@site" }, async ({ open, enter }) => {
  await enter("Åsa");
  const page = await open({ ...phone, ...dark });
  await page.getByTestId("nick-input").fill("Åsa");
  await page.getByTestId("join-button").click();
  await expect(page.getByTestId("nick-error")).toBeVisible();
  await expectLooks(page, "door-taken");
});

for (const [name, options, tongue] of [
  ["room", desktop, "sv"],
  ["room-dark", { ...desktop, ...dark, ...english }, "en"],
  ["room-phone", phone, "sv"],
  ["room-phone-dark", { ...phone, ...dark, ...english }, "en"],
] as const) {
  test(name.replaceAll("-", ", "), { tag: "@site" }, async ({ open }) => {
    await expectLooks(await room(open, options, tongue), name);
  });
}

test("an empty room", { tag: "@site" }, async ({ open }) => {
  const page = await open({ ...desktop, ...english });
  await pose(page);
  await join(page, "Åsa");
  await expectLooks(page, "empty");
});

test("long texts on a phone", { tag: "@site" }, async ({ open }) => {
  const page = await open(phone);
  await pose(page);
  await sayAll(page, "x".repeat(32), ["ord-utan-slut-".repeat(20), "مرحبا بالعالم 👩‍👩‍👧‍👦", "rad\n".repeat(6)]);
  await join(page, "Åsa");
  await expect(page.getByTestId("message")).toHaveCount(3);
  await expectLooks(page, "long-phone");
});

test("a lost line on a phone", { tag: "@site" }, async ({ open }) => {
  const page = await open(phone);
  const line = await pose(page);
  await join(page, "Åsa");
  line.cut();
  await expect(page.getByTestId("banner")).toBeVisible();
  await say(page, "Det här skickas när förbindelsen är tillbaka.");
  await expect(page.locator("[data-state=pending]")).toHaveCount(1);
  await expectLooks(page, "lost-phone");
});

test("no server yet", { tag: "@site" }, async ({ open, server }) => {
  const page = await open({ ...desktop, ...english });
  await page.getByTestId("nick-input").fill("Åsa");
  await server.kill();
  await page.getByTestId("join-button").click();
  await expect(page.getByTestId("banner")).toBeVisible();
  await expectLooks(page, "unreachable");
  await server.restart();
  // What was asked for is done as soon as it can be.
  await expect(page.getByTestId("composer")).toBeVisible({ timeout: 45_000 });
});

for (const [name, path, options] of [
  ["me", "/", desktop],
  ["me-phone-dark", "/", { ...phone, ...dark, ...english }],
  ["report", "/reports/kmom06", { ...desktop, ...dark }],
  ["missing", "/nowhere", desktop],
] as const) {
  test(`the page ${name}`, { tag: "@site" }, async ({ open, server }) => {
    const page = await open(options);
    await page.clock.setFixedTime("2026-11-22T09:34:00+01:00");
    await page.goto(server.url + path);
    await expect(page.locator("main h1")).toBeVisible();
    await expectLooks(page, name);
  });
}
