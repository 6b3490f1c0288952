// The pictures of the README and the docs, made by the real thing. `make pictures` keeps them;
// elsewhere they are taken too, so that what they show cannot break unseen.
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import type { BrowserContextOptions, Page } from "@playwright/test";
import { REPLY, pose, settled, talk, write } from "../pose.ts";
import { expect, expectSaid, join, say, sayAll, test } from "../fixtures.ts";

const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2,
};
const kept = process.env.REALTID_PICTURES;
const folder = kept ?? "test-results/pictures";

async function picture(page: Page, name: string): Promise<void> {
  await settled(page);
  const bytes = await page.screenshot({ path: `${folder}/${name}.png`, animations: "disabled" });
  expect(bytes.length).toBeGreaterThan(5_000);
}

/** Light in Swedish, dark in English: each is seen in both. */
const kinds = [
  ["light", "sv", { colorScheme: "light", locale: "sv-SE" }],
  ["dark", "en", { colorScheme: "dark", locale: "en-GB" }],
] as const;

for (const [device, size] of [["desktop", desktop], ["phone", phone]] as const) {
  for (const [scheme, tongue, kind] of kinds) {
    test(`the chat on a ${device}, ${scheme}`, async ({ open }) => {
      const others = await open();
      await talk(others, tongue);
      const page = await open({ ...size, ...kind });
      await pose(page);
      await join(page, "Åsa");
      await say(page, REPLY[tongue]);
      await expectSaid(page, "Åsa", REPLY[tongue]);
      await write(others, "Ebba");
      await expect(page.locator(".typing")).toContainText("Ebba");
      await picture(page, `chat-${device}-${scheme}`);
    });

    test(`the me-page on a ${device}, ${scheme}`, async ({ open, server }) => {
      const page = await open({ ...size, ...kind });
      await page.goto(server.url);
      await expect(page.locator("main h1")).toBeVisible();
      await picture(page, `me-${device}-${scheme}`);
    });
  }
}

for (const [scheme, , kind] of kinds) {
  test(`the way in on a phone, ${scheme}`, async ({ enter, open }) => {
    await enter("Åsa");
    const page = await open({ ...phone, ...kind });
    await page.getByTestId("nick-input").fill("Åsa");
    await page.getByTestId("join-button").click();
    await expect(page.getByTestId("nick-error")).toBeVisible();
    await picture(page, `join-phone-${scheme}`);
  });
}

// The moving picture: one line breaks and is mended, and what was written meanwhile arrives.
test("two browsers, side by side", async ({ open, server, browser }) => {
  test.slow();
  const size = { viewport: { width: 440, height: 560 }, deviceScaleFactor: 1.5, reducedMotion: "reduce", locale: "en-GB" } as const;
  const [asa, bo] = [await open({ ...size, colorScheme: "light" }), await open({ ...size, colorScheme: "dark" })];
  const table = await browser.newContext({ viewport: { width: 952, height: 642 }, deviceScaleFactor: 1.5 });
  const stage = await table.newPage();
  await stage.setContent(STAGE);

  const frames: { path: string; ms: number }[] = [];
  /** Both, as they are now, for so long. */
  const show = async (ms: number) => {
    if (!kept) return;
    const shots = await Promise.all([asa, bo].map((page) => page.screenshot({ animations: "disabled" })));
    await stage.evaluate(async (shots) => {
      const images = [...document.images];
      shots.forEach((shot, n) => (images[n].src = `data:image/png;base64,${shot}`));
      await Promise.all(images.map((image) => image.decode()));
    }, shots.map((shot) => shot.toString("base64")));
    const path = `test-results/frames/${String(frames.length).padStart(3, "0")}.png`;
    await stage.screenshot({ path });
    frames.push({ path, ms });
  };
  const type = async (page: Page, text: string, other?: { page: Page; nick: string }) => {
    for (const one of [asa, bo]) if (one !== page) await one.getByTestId("composer").blur();
    await page.getByTestId("composer").focus();
    const letters = [...text];
    for (let at = 0; at < letters.length; at += 3) {
      await page.keyboard.type(letters.slice(at, at + 3).join(""));
      if (other) await expect(other.page.locator(".typing")).toContainText(other.nick);
      await show(90);
    }
    await show(250);
    await page.keyboard.press("Enter");
  };

  await sayAll(asa, "Ebba", ["Morning! The train was on time, for **once**."]);
  const times = ["2026-11-22T09:31:00+01:00", "2026-11-22T09:34:00+01:00"];
  const line = await pose(asa, { stopped: false, times });
  await pose(bo, { stopped: false, times });
  await join(bo, "Bo");
  await join(asa, "Åsa");
  await expect(asa.getByTestId("message")).toHaveCount(1);
  await expect(asa.getByTestId("online-count")).toContainText("2");
  await expect(bo.getByTestId("online-count")).toContainText("2");
  for (const page of [asa, bo]) {
    await settled(page);
    await page.getByTestId("composer").blur();
  }
  await show(1200);

  await type(asa, "Is the report up?", { page: bo, nick: "Åsa" });
  await expectSaid(bo, "Åsa", "Is the report up?");
  await expectSaid(asa, "Åsa", "Is the report up?");
  await show(900);

  await type(bo, "It is: https://me.example/kmom06", { page: asa, nick: "Bo" });
  for (const page of [asa, bo]) await expect(page.getByTestId("message")).toHaveCount(3);
  await expectSaid(asa, "Bo", "It is: me.example/kmom06");
  await show(1100);

  line.cut();
  await expect(asa.getByTestId("banner")).toBeVisible();
  await show(1300);
  await type(asa, "Thanks! We are in a tunnel now.");
  await expect(asa.locator("[data-state=pending]")).toHaveCount(1);
  await show(1800);

  line.mend();
  await asa.evaluate(() => dispatchEvent(new Event("online")));
  await expectSaid(asa, "Åsa", "Thanks! We are in a tunnel now.");
  await expectSaid(bo, "Åsa", "Thanks! We are in a tunnel now.");
  await expect(asa.getByTestId("banner").and(asa.locator(":not([data-state=recovered])"))).toHaveCount(0);
  await show(1300);
  await type(bo, "And yet here you are. 🎉", { page: asa, nick: "Bo" });
  await expectSaid(asa, "Bo", "And yet here you are. 🎉");
  await expectSaid(bo, "Bo", "And yet here you are. 🎉");
  await show(3000);
  await table.close();

  if (!kept) return;
  const path = `${kept}/two-browsers.webp`;
  const each = frames.flatMap(({ path, ms }) => ["-d", String(ms), path]);
  execFileSync("img2webp", ["-loop", "0", "-lossless", "-q", "100", "-m", "6", ...each, "-o", path], { stdio: "pipe" });
  expect(statSync(path).size, "a picture that a README can carry").toBeLessThan(600_000);
});

const STAGE = `<!doctype html>
<style>
  body { margin: 0; padding: 24px; display: flex; gap: 24px; background: linear-gradient(160deg, #f4e4dc, #e8e1d2) }
  figure { margin: 0; border-radius: 12px; overflow: hidden; box-shadow: 0 1px 2px rgb(60 30 20 / .2), 0 14px 40px rgb(60 30 20 / .18) }
  figcaption { display: flex; align-items: center; gap: 6px; height: 34px; padding: 0 14px; background: #efe9df; color: #5d574e; font: 12px system-ui, "Noto Sans" }
  figure + figure figcaption { background: #22252c; color: #a8a49b }
  i { width: 10px; height: 10px; border-radius: 50%; background: currentColor; opacity: .35 }
  span { margin-left: 10px }
  img { display: block; width: 440px; height: 560px }
</style>
<figure><figcaption><i></i><i></i><i></i><span>me.example/chat</span></figcaption><img alt=""></figure>
<figure><figcaption><i></i><i></i><i></i><span>me.example/chat</span></figcaption><img alt=""></figure>`;
