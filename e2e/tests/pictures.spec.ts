// The pictures of the README and the docs, made by the real thing. `make pictures` keeps them;
// elsewhere they are taken too, so that what they show cannot break unseen.
import type { BrowserContextOptions, Page } from "@playwright/test";
import { expect, expectSaid, join, say, sayAll, test } from "../fixtures.ts";

const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 860 } };
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2,
};
const folder = process.env.REALTID_PICTURES ?? "test-results/pictures";

async function picture(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  // Nothing lights up under the pointer.
  await page.mouse.move(0, 0);
  const bytes = await page.screenshot({ path: `${folder}/${name}.png`, animations: "disabled" });
  expect(bytes.length).toBeGreaterThan(5_000);
}

/** A conversation worth a picture, before whoever looks at it comes in: who came and went is no part of it. */
async function conversation(page: Page): Promise<void> {
  await sayAll(page, "Bo", ["Någon som fått `permessage-deflate` att fungera bakom nginx?", "Eller är det bara jag som envisas?"]);
  await sayAll(page, "Cyrus", ["Hoppa över den. Ramarna är små ändå:\n```\nproxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\n```"]);
  await sayAll(page, "Ebba", ["Varför räknar servern `seq` per rum och inte för alla?"]);
  await sayAll(page, "Élodie 花子", ["För att ett hål då alltid betyder att man missat något i **just det** rummet."]);
}

for (const [device, size] of [["desktop", desktop], ["phone", phone]] as const) {
  for (const scheme of ["light", "dark"] as const) {
    test(`the chat on a ${device}, ${scheme}`, async ({ open, enter }) => {
      const page = await open({ ...size, colorScheme: scheme });
      await conversation(page);
      await join(page, "Åsa");
      await say(page, "Precis. Och klienten kan fråga efter just de numren.");
      await expectSaid(page, "Åsa", "Precis. Och klienten kan fråga efter just de numren.");
      const others = device === "desktop" ? ["Bo", "Ebba"] : ["Bo"];
      for (const nick of others) await enter(nick);
      await expect(page.getByTestId("online-count")).toContainText(String(others.length + 1));
      await picture(page, `chat-${device}-${scheme}`);
    });

    test(`the way in on a ${device}, ${scheme}`, async ({ enter, open }) => {
      await enter("Åsa");
      const page = await open({ ...size, colorScheme: scheme });
      await page.getByTestId("nick-input").fill("Åsa");
      await page.getByTestId("join-button").click();
      await expect(page.getByTestId("nick-error")).toBeVisible();
      await picture(page, `join-${device}-${scheme}`);
    });

    test(`the me-page on a ${device}, ${scheme}`, async ({ open, server }) => {
      const page = await open({ ...size, colorScheme: scheme });
      await page.goto(server.url);
      await expect(page.locator("main h1")).toBeVisible();
      await picture(page, `me-${device}-${scheme}`);
    });
  }

  test(`a lost line with messages that wait, on a ${device}`, async ({ open, server }) => {
    const page = await open(size);
    await conversation(page);
    await join(page, "Åsa");
    await expect(page.getByTestId("message")).toHaveCount(5);
    await server.kill();
    await expect(page.getByTestId("banner")).toBeVisible();
    await say(page, "Det här skickas när förbindelsen är tillbaka.");
    await expect(page.locator("[data-state=pending]")).toHaveCount(1);
    await picture(page, `lost-${device}`);
  });

  test(`an empty room on a ${device}`, async ({ enter }) => {
    const page = await enter("Åsa", { ...size, locale: "en-GB" });
    await picture(page, `empty-${device}`);
  });

  test(`long texts on a ${device}`, async ({ enter }) => {
    const page = await enter("Åsa", size);
    await sayAll(page, "x".repeat(32), ["ord-utan-slut-".repeat(60), "مرحبا بالعالم 👩‍👩‍👧‍👦", "rad\n".repeat(12)]);
    await expect(page.getByTestId("message")).toHaveCount(3);
    await picture(page, `long-${device}`);
  });
}

test("no server yet", async ({ open, server }) => {
  const page = await open(desktop);
  await page.getByTestId("nick-input").fill("Åsa");
  await server.kill();
  await page.getByTestId("join-button").click();
  await expect(page.getByTestId("banner").or(page.getByTestId("nick-error")).first()).toBeVisible();
  await picture(page, "unreachable");
  await server.restart();
  // What was asked for is done as soon as it can be.
  await expect(page.getByTestId("composer")).toBeVisible({ timeout: 45_000 });
});
