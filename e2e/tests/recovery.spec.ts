import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, expectSaid, join, routed, say, sayAll, test, texts } from "../fixtures.ts";

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

test("more than a welcome holds was missed: all of it comes, in order, and what was written meanwhile after it", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  const line = await routed(asa);
  await say(asa, "strax borta");
  await expectSaid(bo, "Åsa", "strax borta");
  line.cut();
  await expect(asa.getByTestId("banner")).toBeVisible();
  await say(asa, "skrivet under tiden");
  // 12 kB each: a welcome has room for 256.
  const missed = Array.from({ length: 40 }, (_, n) => `${n + 1} ${"あ".repeat(3_990)}`);
  await sayAll(bo, "Cyrus", missed);
  const frames: { type: string; entries?: object[]; missed?: number }[] = [];
  asa.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push(JSON.parse(String(payload)))));
  line.mend();
  const banner = asa.getByTestId("banner").and(asa.locator("[data-state=recovered]"));
  await expect(banner).toContainText("40 meddelanden kom medan du var borta", { timeout: 45_000 });
  for (const page of [asa, bo]) {
    await expectSaid(page, "Åsa", "skrivet under tiden");
    expect(await texts(page)).toEqual(["strax borta", ...missed, "skrivet under tiden"]);
  }
  const welcome = frames.find(({ type }) => type === "welcome")!;
  expect(welcome.missed).toBe(40);
  expect(welcome.entries!.length).toBeLessThan(40);
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

test("an attempt that hangs is closed when a new one begins", { tag: "@site" }, async ({ open }) => {
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

for (const end of ["closed", "crashed"]) {
  test(`what was written in a tab that was ${end} goes out from the next one, once and in order`, async ({ enter }) => {
    const first = await enter("Åsa");
    const bo = await enter("Bo");
    // The first arrives, and its writer never hears of it; the others do not leave the tab.
    let said = 0;
    await first.routeWebSocket(/\/ws$/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        if (JSON.parse(String(message)).type !== "said") socket.send(message);
      });
      socket.onMessage((message) => {
        if (JSON.parse(String(message)).type !== "say" || ++said === 1) server.send(message);
      });
    });
    await first.reload();
    await expect(first.getByTestId("online-count")).toBeVisible();
    for (const text of ["ett", "två", "tre"]) await say(first, text);
    await expectSaid(bo, "Åsa", "ett");
    await expect(first.locator("[data-state=pending]")).toHaveCount(3);
    if (end === "closed") await first.close();
    else await Promise.all([first.waitForEvent("crash"), first.goto("chrome://crash").catch(() => {})]);

    const second = await first.context().newPage();
    await second.goto("/chat");
    for (const page of [second, bo]) {
      await expectSaid(page, "Åsa", "tre");
      expect(await texts(page)).toEqual(["ett", "två", "tre"]);
    }
    await second.reload();
    await expectSaid(second, "Åsa", "tre");
    expect(await texts(bo), "nothing is sent again").toEqual(["ett", "två", "tre"]);
  });
}

test("a browser that keeps nothing loses nothing as long as the tab is open", async ({ enter }) => {
  const asa = await enter("Åsa");
  await asa.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  const line = await routed(asa);
  line.cut();
  await expect(asa.getByTestId("banner")).toBeVisible();
  await say(asa, "utan lager");
  line.mend();
  await expect(asa.getByTestId("banner")).toBeHidden({ timeout: 45_000 });
  await expectSaid(asa, "Åsa", "utan lager");
});

test("a page that is put away closes its line, and comes back to where it was", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  const lines: { closed: boolean; sent: string[] }[] = [];
  asa.on("websocket", (socket) => {
    const line = { closed: false, sent: [] as string[] };
    lines.push(line);
    socket.on("close", () => (line.closed = true));
    socket.on("framesent", ({ payload }) => line.sent.push(String(payload)));
  });
  await asa.reload();
  await say(asa, "innan");
  await expectSaid(asa, "Åsa", "innan");

  await asa.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  await expect.poll(() => lines[0].closed).toBe(true);
  await say(bo, "under tiden");
  await expectSaid(bo, "Bo", "under tiden");
  expect(lines.length, "nothing connects while nobody looks").toBe(1);

  await asa.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await expectSaid(asa, "Bo", "under tiden");
  await expect(asa.getByTestId("banner")).toContainText("Ett meddelande kom medan du var borta");
  expect(await texts(asa)).toEqual(["innan", "under tiden"]);
  const { after } = JSON.parse(lines[1].sent[0]);
  expect(after.seq, "it asks for what came since, not for all").toBe(1);
  await say(asa, "igen");
  await expectSaid(bo, "Åsa", "igen");
});

test("a line that is open but dead is found by its silence", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  await asa.clock.install();
  let dead = false;
  const sent: string[] = [];
  let lines = 0;
  await asa.routeWebSocket(/\/ws$/, (socket) => {
    const server = socket.connectToServer();
    const swallows = () => dead && lines === 1;
    lines++;
    socket.onMessage((message) => {
      sent.push(JSON.parse(String(message)).type);
      if (!swallows()) server.send(message);
    });
    server.onMessage((message) => {
      if (!swallows()) socket.send(message);
    });
  });
  await asa.reload();
  await say(asa, "lever");
  await expectSaid(asa, "Åsa", "lever");
  const pings = () => sent.filter((type) => type === "ping").length;

  // A quiet line that answers is kept. What Bo says comes after the answer.
  await asa.clock.runFor(21_000);
  await expect.poll(pings).toBe(1);
  await say(bo, "hörs det?");
  await expectSaid(asa, "Bo", "hörs det?");

  dead = true;
  await asa.clock.runFor(21_000);
  await expect.poll(pings).toBe(2);
  expect(lines, "it is asked first").toBe(1);
  await say(bo, "och nu?");
  await expectSaid(bo, "Bo", "och nu?");
  await asa.clock.runFor(21_000);
  await expect.poll(() => lines).toBe(2);
  await expectSaid(asa, "Bo", "och nu?");
  expect(await texts(asa)).toEqual(["lever", "hörs det?", "och nu?"]);
});

test("a server that cannot read the page says so, and the page stays away until asked", async ({ enter }) => {
  const asa = await enter("Åsa");
  let lines = 0;
  await asa.routeWebSocket(/\/ws$/, (socket) => {
    const server = socket.connectToServer();
    if (++lines === 1) socket.onMessage((message) => (message.includes("fel") ? void socket.close({ code: 4104 }) : server.send(message)));
  });
  await asa.reload();
  await expect(asa.getByTestId("composer")).toBeVisible();
  await say(asa, "fel");
  const banner = asa.getByTestId("banner");
  await expect(banner).toContainText("Ladda om den");
  await asa.evaluate(() => window.dispatchEvent(new Event("online")));
  expect(lines).toBe(1);
  await banner.getByRole("button").click();
  await expectSaid(asa, "Åsa", "fel");
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
