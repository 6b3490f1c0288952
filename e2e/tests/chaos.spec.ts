// Two browsers behind a proxy that mistreats their lines: what their users see of it. The page is
// loaded through it, too; the browser's own offline switch would leave its WebSocket alone.
import { type Page } from "@playwright/test";
import { Proxy } from "../proxy.ts";
import { test as base, expect, expectSaid, messages, say, texts } from "../fixtures.ts";

type Chaos = { chaos: Proxy; through: (nick: string) => Promise<Page> };

const test = base.extend<Chaos>({
  // Not called proxy: that is a setting of the browser.
  chaos: async ({ server }, use) => {
    const chaos = await Proxy.start(server.url);
    await use(chaos);
    await chaos.stop();
  },

  /** Joins by way of the proxy; `enter` goes past it. */
  through: async ({ enter, chaos }, use) => {
    await use((nick) => enter(nick, { baseURL: chaos.url }));
  },
});

// Asks for signs of life each second, so that a dead line is found within a test.
test.use({ flags: ["--ping-interval", "1", "--silence-timeout", "4"] });

const banner = (page: Page) => page.getByTestId("banner");

/** Lost, and not to come back before `clear`. */
async function lose(chaos: Proxy, ...pages: Page[]): Promise<void> {
  await chaos.tell("refuse", "cut");
  for (const page of pages) await expect(banner(page)).toBeVisible();
}

/** In the room again, by itself or by the button. */
async function expectBack(...pages: Page[]): Promise<void> {
  for (const page of pages) await expect(banner(page).and(page.locator(":not([data-state=recovered])"))).toHaveCount(0, { timeout: 45_000 });
}

/** Both read the same, each message once, and it is `expected`. */
async function expectSame(expected: string[], ...pages: Page[]): Promise<void> {
  for (const page of pages) await expect.poll(() => texts(page)).toEqual(expected);
}

test("the line is cut while somebody writes: the draft stays, and goes out once", async ({ through, chaos }) => {
  const asa = await through("Åsa");
  const bo = await through("Bo");
  await say(bo, "före");
  await expectSaid(asa, "Bo", "före");
  const composer = asa.getByTestId("composer");
  await composer.fill("halvvägs");
  await lose(chaos, asa, bo);
  await expect(composer).toHaveValue("halvvägs");
  await composer.press("End");
  await composer.pressSequentially(" framme");
  await composer.press("Enter");
  await expect(messages(asa, "halvvägs framme")).toHaveAttribute("data-state", "pending");

  await chaos.tell("clear");
  await expectBack(asa, bo);
  for (const page of [asa, bo]) await expectSaid(page, "Åsa", "halvvägs framme");
  await expect(composer).toHaveValue("");
  await expectSame(["före", "halvvägs framme"], asa, bo);
});

for (const [how, what] of [
  ["freeze", "is lost with its line"],
  ["hold", "arrives after all"],
]) {
  test(`a reload while a message is pending that ${what}: it is there once`, async ({ through, enter, chaos }) => {
    const bo = await enter("Bo");
    const asa = await through("Åsa");
    await say(asa, "före");
    await expectSaid(bo, "Åsa", "före");
    await chaos.tell(how);
    await say(asa, "mitt i");
    await say(asa, "och en till");
    for (const text of ["mitt i", "och en till"]) {
      await expect(messages(asa, text)).toHaveAttribute("data-state", "pending");
    }
    // The page itself comes by the same way: it is there when the way is free.
    const reloaded = asa.reload();
    await chaos.tell("clear");
    await reloaded;
    for (const page of [asa, bo]) {
      await expectSaid(page, "Åsa", "mitt i");
      await expectSaid(page, "Åsa", "och en till");
    }
    await expectSame(["före", "mitt i", "och en till"], asa, bo);
  });
}

/** Tells the page that it is put away, or shown again. */
async function turn(page: Page, name: "pagehide" | "pageshow"): Promise<void> {
  await page.evaluate((name) => window.dispatchEvent(new PageTransitionEvent(name, { persisted: true })), name);
}

test("a page that was put away and is shown again comes back at once", async ({ through, enter, chaos }) => {
  const bo = await enter("Bo");
  const asa = await through("Åsa");
  await say(asa, "strax borta");
  await expectSaid(bo, "Åsa", "strax borta");
  await turn(asa, "pagehide");
  // Whatever its line was, it is none now.
  await chaos.tell("refuse", "cut");
  await say(bo, "medan du var borta");
  await expectSaid(bo, "Bo", "medan du var borta");
  await chaos.tell("clear");
  await turn(asa, "pageshow");
  await expectSaid(asa, "Bo", "medan du var borta");
  await say(asa, "tillbaka");
  await expectSaid(bo, "Åsa", "tillbaka");
  await expectSame(["strax borta", "medan du var borta", "tillbaka"], asa, bo);
});

test("a page that is shown again while the line is gone says so, and comes back", async ({ through, enter, chaos }) => {
  const bo = await enter("Bo");
  const asa = await through("Åsa");
  await turn(asa, "pagehide");
  await chaos.tell("refuse", "cut");
  await say(bo, "medan du var borta");
  await turn(asa, "pageshow");
  await say(asa, "också");
  await expect(banner(asa)).toBeVisible();
  await chaos.tell("clear");
  await expectBack(asa);
  for (const page of [asa, bo]) await expectSaid(page, "Åsa", "också");
  await expectSame(["medan du var borta", "också"], asa, bo);
});

test("a half-open line is found by a message that gets no answer", async ({ through, enter, chaos }) => {
  const bo = await enter("Bo");
  const asa = await through("Åsa");
  await say(asa, "före");
  await expectSaid(bo, "Åsa", "före");
  // Never mended: whoever waits on that line waits for ever. New ones are whole.
  await chaos.tell("freeze");
  await say(bo, "hör du?");
  await say(asa, "hallå?");
  await expect(messages(asa, "hallå?")).toHaveAttribute("data-state", "stored", { timeout: 30_000 });
  await expectSaid(bo, "Åsa", "hallå?");
  await expectSame(["före", "hör du?", "hallå?"], asa, bo);
});

test("a half-open line is found by somebody who only reads", async ({ through, enter, chaos }) => {
  const bo = await enter("Bo");
  const asa = await through("Åsa");
  await chaos.tell("freeze");
  await say(bo, "hör du?");
  await expect(messages(asa, "hör du?")).toHaveCount(1, { timeout: 30_000 });
  await say(asa, "nu hör jag");
  await expectSaid(bo, "Åsa", "nu hör jag");
  await expectSame(["hör du?", "nu hör jag"], asa, bo);
});

test("a nick is taken back after the server was killed, and nobody gets it meanwhile", async ({ through, open, chaos, server }) => {
  const asa = await through("Åsa");
  const bo = await through("Bo");
  await say(asa, "min rad");
  await expectSaid(bo, "Åsa", "min rad");
  await lose(chaos, asa, bo);
  await server.kill();
  await server.restart();

  const thief = await open();
  await thief.getByTestId("nick-input").fill("Åsa");
  await thief.getByTestId("join-button").click();
  await expect(thief.getByTestId("nick-error")).toBeVisible();

  await chaos.tell("clear");
  await expectBack(asa, bo);
  await say(asa, "fortfarande jag");
  for (const page of [asa, bo]) await expectSaid(page, "Åsa", "fortfarande jag");
  await expect(bo.getByTestId("who")).toContainText("Åsa");
  await expectSame(["min rad", "fortfarande jag"], asa, bo);
});

test("a server that is killed finds everybody back under their nicks", async ({ through, chaos, server }) => {
  const asa = await through("Åsa");
  const bo = await through("Bo");
  await say(asa, "före");
  await expectSaid(bo, "Åsa", "före");
  await server.kill();
  await say(asa, "medan den var död");
  await server.restart();
  await expectBack(asa, bo);
  await say(bo, "efteråt");
  for (const page of [asa, bo]) {
    await expectSaid(page, "Åsa", "medan den var död");
    await expectSaid(page, "Bo", "efteråt");
    for (const nick of ["Åsa", "Bo"]) await expect(page.getByTestId("who")).toContainText(nick);
    await expect(page.getByTestId("online-count")).toContainText("2");
  }
  expect(await texts(asa)).toEqual(await texts(bo));
});

test("a second tab says that the chat is open in another, and is used when asked for", async ({ through, enter }) => {
  const bo = await enter("Bo");
  const first = await through("Åsa");
  await say(first, "från den första");
  await expectSaid(bo, "Åsa", "från den första");
  const second = await first.context().newPage();
  await second.goto("/chat");
  await expect(banner(second)).toContainText("i en annan flik");
  await expect(banner(first)).toHaveCount(0);
  await say(first, "fortfarande från den första");
  await expectSaid(bo, "Åsa", "fortfarande från den första");

  await banner(second).getByRole("button", { name: "Använd här" }).click();
  await expect(banner(second)).toHaveCount(0);
  await expect(banner(first)).toContainText("i en annan flik");
  await say(second, "från den andra");
  await expectSaid(bo, "Åsa", "från den andra");
  await expectSame(["från den första", "fortfarande från den första", "från den andra"], second, bo);
});

test("what is pending in a tab that is closed goes out from the next", async ({ through, enter, chaos }) => {
  const bo = await enter("Bo");
  const asa = await through("Åsa");
  const context = asa.context();
  await say(asa, "före");
  await expectSaid(bo, "Åsa", "före");
  await lose(chaos, asa);
  await say(asa, "kvar i lådan");
  await expect(messages(asa, "kvar i lådan")).toHaveAttribute("data-state", "pending");
  await asa.close();
  await chaos.tell("clear");
  const next = await context.newPage();
  await next.goto("/chat");
  for (const page of [next, bo]) await expectSaid(page, "Åsa", "kvar i lådan");
  await expectSame(["före", "kvar i lådan"], next, bo);
});

test("two talk through slow lines, cuts and a kill, and read the same in the end", async ({ through, chaos, server }) => {
  const asa = await through("Åsa");
  const bo = await through("Bo");
  const said: Record<string, string[]> = { Åsa: [], Bo: [] };
  const talk = async (number: number) => {
    for (const [nick, page] of [["Åsa", asa], ["Bo", bo]] as const) {
      const text = `${nick} ${number}`;
      said[nick].push(text);
      await say(page, text);
    }
  };
  await chaos.tell("delay 50 50", "throttle 20000");
  await talk(1);
  await chaos.tell("cut");
  await talk(2);
  await chaos.tell("cut fin");
  await talk(3);
  await server.kill();
  await talk(4);
  await server.restart();
  await chaos.tell("freeze");
  await talk(5);
  await chaos.tell("clear");
  for (const page of [asa, bo]) {
    for (const [nick, all] of Object.entries(said)) {
      for (const text of all) await expect(messages(page, text)).toHaveAttribute("data-state", "stored", { timeout: 45_000 });
      expect((await texts(page)).filter((text) => text.startsWith(nick)), "in the order in which they were said").toEqual(all);
    }
  }
  await expectSame(await texts(asa), bo);
});
