import { expect, expectSaid, join, say, test, texts } from "../fixtures.ts";

test("killed with SIGKILL and started again in the middle: both come back, nothing is missing or doubled", async ({ enter, server }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  for (let n = 1; n <= 5; n++) await say(asa, `före ${n}`);
  await expectSaid(bo, "Åsa", "före 5");

  // Written while the server dies, and while it is dead.
  await say(asa, "i dödsögonblicket");
  await server.kill();
  await say(asa, "medan den var död");
  await say(bo, "också medan den var död");
  for (const page of [asa, bo]) await expect(page.getByTestId("banner")).toBeVisible();

  await server.restart();
  for (const page of [asa, bo]) {
    await expect(page.getByTestId("banner")).toBeHidden({ timeout: 45_000 });
    await expectSaid(page, "Åsa", "i dödsögonblicket");
    await expectSaid(page, "Åsa", "medan den var död");
    await expectSaid(page, "Bo", "också medan den var död");
  }
  await say(bo, "efteråt");
  for (const page of [asa, bo]) await expectSaid(page, "Bo", "efteråt");
  const all = await texts(asa);
  expect(new Set(all).size).toBe(all.length);
  expect(all).toEqual(await texts(bo));
  expect(all.filter((text) => text.startsWith("före")).length).toBe(5);

  const late = await enter("Cyrus");
  await expectSaid(late, "Bo", "efteråt");
  expect(await texts(late)).toEqual(all);
});

test("the banner tells of a lost line, and 'try now' tries now", async ({ enter, server }) => {
  const asa = await enter("Åsa");
  await server.kill();
  const banner = asa.getByTestId("banner");
  await expect(banner).toBeVisible();
  await server.restart();
  const now = banner.getByRole("button");
  if (await now.isVisible()) await now.click({ timeout: 2_000 }).catch(() => {}); // It may be back by itself.
  await expect(banner).toBeHidden({ timeout: 45_000 });
  await say(asa, "tillbaka");
  await expectSaid(asa, "Åsa", "tillbaka");
});

test("a second tab of the same visitor takes over, and the first says so", async ({ enter }) => {
  const first = await enter("Åsa");
  const second = await first.context().newPage();
  await second.goto("/chat");
  await expect(second.getByTestId("composer")).toBeVisible();
  const banner = first.getByTestId("banner");
  await expect(banner).toBeVisible();
  await banner.getByRole("button").click();
  await expect(banner).toBeHidden();
  await say(first, "här är jag");
  await expectSaid(first, "Åsa", "här är jag");
  await expect(second.getByTestId("banner")).toBeVisible();
});

test("a nick that was taken meanwhile is asked for anew, with the log kept", async ({ enter, open, server }) => {
  const asa = await enter("Åsa");
  await say(asa, "min rad");
  await expectSaid(asa, "Åsa", "min rad");
  await asa.context().setOffline(true);
  await server.kill();
  await server.restart();
  const thief = await open();
  await join(thief, "Åsa");
  await asa.context().setOffline(false);
  await expect(asa.getByTestId("nick-error")).toBeVisible({ timeout: 45_000 });
  await asa.getByTestId("suggestion").click();
  await expect(asa.getByTestId("composer")).toBeVisible();
  await expectSaid(asa, "Åsa", "min rad");
});
