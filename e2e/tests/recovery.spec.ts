import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, expectSaid, join, routed, say, test, texts } from "../fixtures.ts";

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
  // Before its sixth attempt it waits for at least eight seconds: it will not be back by itself.
  await expect(banner).toContainText("Försök 6 om", { timeout: 30_000 });
  await server.restart();
  await banner.getByRole("button", { name: "Försök nu" }).click();
  await expect(banner).toBeHidden({ timeout: 3_000 });
  await say(asa, "tillbaka");
  await expectSaid(asa, "Åsa", "tillbaka");
});

test("who was away is told how many messages came meanwhile", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  const line = await routed(asa);
  await say(asa, "strax borta");
  await expectSaid(bo, "Åsa", "strax borta");
  line.cut();
  await expect(asa.getByTestId("banner")).toBeVisible();
  for (let n = 1; n <= 3; n++) await say(bo, `missat ${n}`);
  await expectSaid(bo, "Bo", "missat 3");
  line.mend();
  const banner = asa.getByTestId("banner").and(asa.locator("[data-state=recovered]"));
  await expect(banner).toContainText("3 meddelanden kom medan du var borta", { timeout: 45_000 });
  expect(await texts(asa)).toEqual(["strax borta", "missat 1", "missat 2", "missat 3"]);
});

test("a nick that is edited while the server is away is not joined with", async ({ open, server }) => {
  const page = await open();
  await page.getByTestId("nick-input").fill("Åsa");
  await server.kill();
  await page.getByTestId("join-button").click();
  await expect(page.getByTestId("banner")).toBeVisible();
  await page.getByTestId("nick-input").fill("Ebba");
  await expect(page.getByTestId("banner")).toHaveCount(0);
  await server.restart();
  await page.getByTestId("join-button").click();
  await expect(page.getByTestId("who")).toContainText("Ebba");
});

test("an attempt that hangs is closed when a new one begins", async ({ open }) => {
  // Takes connections, and never answers their handshake.
  const attempts: { ended: boolean }[] = [];
  const silent = createServer((socket) => {
    const attempt = { ended: false };
    socket.once("data", () => attempts.push(attempt));
    socket.on("close", () => (attempt.ended = true)).on("error", () => {});
  }).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;

  const page = await open();
  await page.route("**/content/config.json", async (route) => {
    const config = await (await route.fetch()).json();
    await route.fulfill({ json: { ...config, chat: { ...config.chat, server: `ws://127.0.0.1:${port}` } } });
  });
  await page.reload();
  await page.getByTestId("nick-input").fill("Åsa");
  await page.getByTestId("join-button").click();
  await expect.poll(() => attempts.length).toBe(1);
  // The network says to be back until the first attempt is old enough to be given up.
  await expect(async () => {
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    expect(attempts.length).toBeGreaterThan(1);
    expect(attempts[0].ended).toBe(true);
  }).toPass();
  await page.close();
  silent.close();
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

test.describe("where nobody is waited for", () => {
  test.use({ flags: ["--grace-time", "0", "--hold-time", "0"] });

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
});
