// Being there: who is here, how the line is, and what calls a reader who looks elsewhere.
import type { Page } from "@playwright/test";
import { drawsByItself, expect, expectSaid, messages, routed, say, sayAll, test, texts } from "../fixtures.ts";

/** The reader turns to another tab, or comes back. */
async function lookAway(page: Page, away = true): Promise<void> {
  await page.evaluate((away) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => away });
    document.dispatchEvent(new Event("visibilitychange"));
  }, away);
}

test("who is here: they are counted and listed, oneself first", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  const list = asa.getByTestId("who").locator("li .name");
  await expect(list).toHaveText(["Åsa", "Bo"]);
  await expect(asa.getByTestId("online-count")).toHaveText("2 här");
  await bo.getByTestId("leave").click();
  await expect(list).toHaveText(["Åsa"]);
  await expect(asa.getByTestId("online-count")).toHaveText("1 här");
  await asa.getByRole("button", { name: "1 här" }).click();
  await expect(asa.getByTestId("who")).toBeHidden();
});

test("who is here: typing is told at most once in 3 s", async ({ enter }) => {
  const asa = await enter("Åsa");
  let told = 0;
  asa.on("websocket", (socket) => socket.on("framesent", ({ payload }) => {
    if (JSON.parse(String(payload)).type === "typing") told++;
  }));
  await asa.clock.install();
  await asa.reload();
  const composer = asa.getByTestId("composer");
  await expect(asa.getByTestId("online-count")).toHaveText("1 här");
  await drawsByItself(asa);
  await asa.clock.pauseAt(Date.now() + 10_000);
  for (let second = 0; second < 7; second++) {
    await composer.press("x");
    await asa.clock.runFor(1_000);
  }
  await say(asa, "färdig");
  await expectSaid(asa, "Åsa", "färdig");
  expect(told, "at 0, 3 and 6 s").toBe(3);
});

test("who is here: a typing mark is gone after 6 s, or with the message", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  await bo.clock.install();
  await bo.reload();
  await expect(bo.getByTestId("online-count")).toHaveText("2 här");
  await drawsByItself(bo);
  await bo.clock.pauseAt(Date.now() + 10_000);
  const mark = bo.locator(".typing");
  await asa.getByTestId("composer").press("h");
  await expect(mark).toHaveText("Åsa skriver …");
  await bo.clock.runFor(5_900);
  await expect(mark).toHaveText("Åsa skriver …");
  await bo.clock.runFor(100);
  await expect(mark).toHaveText("");
  await say(asa, "hej");
  await expectSaid(bo, "Åsa", "hej");
  await asa.getByTestId("composer").press("i");
  await expect(mark).toHaveText("Åsa skriver …");
  await say(asa, "igen");
  await expectSaid(bo, "Åsa", "igen");
  await expect(mark).toHaveText("");
});

test("connection: the banner tells of a lost line, and 'try now' tries now", async ({ enter, server }) => {
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

for (const sign of ["online", "visibilitychange", "pageshow"]) {
  test(`connection: tried at once on ${sign}`, async ({ enter }) => {
    const asa = await enter("Åsa");
    await asa.clock.install();
    const line = await routed(asa);
    await expect(asa.getByTestId("online-count")).toHaveText("1 här");
    await drawsByItself(asa);
    await asa.clock.pauseAt(Date.now() + 10_000);
    line.cut();
    await expect(asa.getByTestId("banner")).toHaveAttribute("data-state", "waiting");
    line.mend();
    // Its clock stands still: it will not try by itself.
    await asa.evaluate((sign) => {
      if (sign === "pageshow") window.dispatchEvent(new PageTransitionEvent(sign));
      else (sign === "online" ? window : document).dispatchEvent(new Event(sign));
    }, sign);
    await expect(asa.getByTestId("banner")).toHaveCount(0);
    await say(asa, "tillbaka");
    await expectSaid(asa, "Åsa", "tillbaka");
  });
}

test("connection: who was away is told how many messages came meanwhile", async ({ enter }) => {
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

test("taken nick: it is told beside the field, keeps what was typed and offers a free one", async ({ enter, open }) => {
  await enter("Åsa");
  const other = await open();
  await other.getByTestId("nick-input").fill("åsa");
  await other.getByTestId("join-button").click();
  await expect(other.getByTestId("nick-error")).toBeVisible();
  await expect(other.getByTestId("nick-input")).toHaveValue("åsa");
  await expect(other.getByTestId("nick-input")).toHaveAttribute("aria-invalid", "true");
  await other.getByTestId("suggestion").click();
  await expect(other.getByTestId("composer")).toBeVisible();
  await expect(other.getByTestId("who")).toContainText("åsa 2");
});

test("title: it and the icon tell of what came while the page was hidden, until the reader is back", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  const title = await asa.title();
  const icons = () => asa.locator("link[rel~=icon]").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  const own = await icons();
  await say(bo, "medan hon ser på");
  await expectSaid(asa, "Bo", "medan hon ser på");
  await expect(asa, "nothing is new to who looks").toHaveTitle(title);

  await lookAway(asa);
  for (const n of [1, 2, 3]) {
    await say(bo, `nummer ${n}`);
    await expect(asa).toHaveTitle(`(${n}) #lobby · ${title}`);
  }
  await expect.poll(async () => (await icons())[0]).toMatch(/^data:image\/png/);
  expect(await icons()).toHaveLength(1);
  await lookAway(asa, false);
  await expect(asa).toHaveTitle(title);
  expect(await icons()).toEqual(own);

  // Whoever leaves the chat leaves the page's title as it was.
  await lookAway(asa);
  await say(bo, "en till");
  await expect(asa).toHaveTitle(`(1) #lobby · ${title}`);
  await asa.getByRole("link", { name: "Om mig" }).click();
  await expect(asa).toHaveTitle("Åsa Lind");
  expect(await icons()).toEqual(own);
});

test("title: what came while the line was lost counts, too", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  const line = await routed(asa);
  await say(asa, "strax borta");
  await expectSaid(bo, "Åsa", "strax borta");
  const title = await asa.title();
  await lookAway(asa);
  line.cut();
  await expect(asa.getByTestId("banner")).toBeVisible();
  for (const text of ["ett", "två"]) await say(bo, text);
  await expectSaid(bo, "Bo", "två");
  line.mend();
  await asa.evaluate(() => window.dispatchEvent(new Event("pageshow")));
  await expect(asa).toHaveTitle(`(2) #lobby · ${title}`);
});

type Shown = { title: string; body: string; tag: string; closed: boolean };
type Stub = { answer: NotificationPermission; asked: number; shown: (Shown & EventTarget)[]; focused: number; tones: number };

/** In place of the system's notifications and of its loudspeaker. */
async function enterWatched(enter: (nick: string) => Promise<Page>, answer: NotificationPermission): Promise<Page> {
  const page = await enter("Åsa");
  await page.addInitScript((answer) => {
    const stub: Stub = { answer, asked: 0, shown: [], focused: 0, tones: 0 };
    class FakeNotification extends EventTarget {
      static permission = (sessionStorage.getItem("permission") ?? "default") as NotificationPermission;
      static async requestPermission() {
        stub.asked++;
        sessionStorage.setItem("permission", stub.answer);
        return (FakeNotification.permission = stub.answer);
      }
      closed = false;
      constructor(title: string, options: { body: string; tag: string }) {
        super();
        stub.shown.push(Object.assign(this, { title, body: options.body, tag: options.tag }));
      }
      close() {
        this.closed = true;
      }
    }
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (when) {
      stub.tones++;
      start.call(this, when);
    };
    Object.assign(window, { stub, Notification: FakeNotification, focus: () => stub.focused++ });
  }, answer);
  await page.reload();
  await expect(page.getByTestId("online-count")).toBeVisible();
  return page;
}

const stub = <T>(page: Page, get: (stub: Stub) => T): Promise<T> =>
  page.evaluate(`(${get})(window.stub)`) as Promise<T>;

test("title: a notification on mention is asked for by the reader's own click, shown while hidden, one per room", async ({ enter }) => {
  const asa = await enterWatched(enter, "granted");
  const bo = await enter("Bo");
  await say(bo, "@Åsa, utan att ha bett om det");
  await expectSaid(asa, "Bo", "@Åsa, utan att ha bett om det");
  expect(await stub(asa, (stub) => stub.asked), "nobody is asked at once").toBe(0);

  await asa.getByTestId("settings").click();
  await expect(asa.getByTestId("notify")).toHaveAttribute("aria-checked", "false");
  await asa.getByTestId("notify").click();
  await expect(asa.getByTestId("notify")).toHaveAttribute("aria-checked", "true");
  expect(await stub(asa, (stub) => stub.asked)).toBe(1);
  await asa.reload();
  await asa.getByTestId("settings").click();
  await expect(asa.getByTestId("notify"), "it is kept").toHaveAttribute("aria-checked", "true");
  await asa.keyboard.press("Escape");

  await say(bo, "@Åsa ser du?");
  await expectSaid(asa, "Bo", "@Åsa ser du?");
  await lookAway(asa);
  await say(bo, "till ingen");
  await say(bo, "@åsa kom hit");
  await expect.poll(() => stub(asa, (stub) => stub.shown.length)).toBe(1);
  await say(bo, "@Åsa!");
  await expect.poll(() => stub(asa, (stub) => stub.shown.length)).toBe(2);
  const shown = await stub(asa, (stub) => stub.shown.map(({ title, body, tag }) => ({ title, body, tag })));
  expect(shown[0]).toMatchObject({ title: "Bo nämnde dig i #lobby", body: "@åsa kom hit" });
  expect(shown[1].tag, "the second takes the place of the first").toBe(shown[0].tag);
  await asa.evaluate("window.stub.shown[1].dispatchEvent(new Event('click'))");
  expect(await stub(asa, (stub) => stub.focused)).toBe(1);

  await say(bo, "@Åsa?");
  await expect.poll(() => stub(asa, (stub) => stub.shown.length)).toBe(3);
  await lookAway(asa, false);
  expect(await stub(asa, (stub) => stub.shown[2].closed), "who is back needs no notification").toBe(true);
  await asa.getByTestId("settings").click();
  await asa.getByTestId("notify").click();
  await expect(asa.getByTestId("notify")).toHaveAttribute("aria-checked", "false");
  await lookAway(asa);
  await say(bo, "@Åsa, tyst nu");
  await expectSaid(asa, "Bo", "@Åsa, tyst nu");
  expect(await stub(asa, (stub) => stub.shown.length)).toBe(3);
});

test("title: a notification that the browser denies is explained beside its switch", async ({ enter }) => {
  const asa = await enterWatched(enter, "denied");
  await asa.getByTestId("settings").click();
  const notify = asa.getByTestId("notify");
  await notify.click();
  await expect(asa.getByTestId("settings-panel")).toContainText("Webbläsaren tillåter inga aviseringar");
  await expect(notify).toHaveAttribute("aria-checked", "false");
  await expect(notify).toHaveAttribute("aria-disabled", "true");
  await expect(notify).toHaveAccessibleDescription(/behörigheter/);
  await notify.click({ force: true });
  expect(await stub(asa, (stub) => stub.asked), "it is not asked again").toBe(1);
});

test("title: a tone on mention is off by default, tried when it is turned on, and kept", async ({ enter }) => {
  const asa = await enterWatched(enter, "default");
  const bo = await enter("Bo");
  await lookAway(asa);
  await say(bo, "@Åsa, tyst");
  await expectSaid(asa, "Bo", "@Åsa, tyst");
  await lookAway(asa, false);
  await asa.getByTestId("settings").click();
  const sound = asa.getByTestId("sound");
  await expect(sound).toHaveAttribute("aria-checked", "false");
  expect(await stub(asa, (stub) => stub.tones)).toBe(0);
  await sound.click();
  await expect(sound).toHaveAttribute("aria-checked", "true");
  await expect.poll(() => stub(asa, (stub) => stub.tones)).toBe(1);
  await lookAway(asa);
  await say(bo, "@Åsa, hör du?");
  await expect.poll(() => stub(asa, (stub) => stub.tones)).toBe(2);
  await lookAway(asa, false);
  await asa.reload();
  await asa.getByTestId("settings").click();
  await expect(sound).toHaveAttribute("aria-checked", "true");
});

test("title: the settings work by keyboard: Escape closes them and gives the focus back", async ({ enter }) => {
  const asa = await enter("Åsa");
  for (const viewport of [{ width: 390, height: 844 }, { width: 1280, height: 860 }]) {
    await asa.setViewportSize(viewport);
    const button = asa.getByRole("button", { name: "Aviseringar" });
    const panel = asa.getByTestId("settings-panel");
    await button.focus();
    await asa.keyboard.press("Enter");
    await expect(button).toHaveAttribute("aria-expanded", "true");
    await asa.keyboard.press("Tab");
    const notify = asa.getByRole("switch", { name: "Avisera mig" });
    await expect(notify).toBeFocused();
    await asa.keyboard.press("Tab");
    const sound = asa.getByRole("switch", { name: "Spela en kort ton" });
    await expect(sound).toBeFocused();
    await asa.keyboard.press("Space");
    await expect(sound).toBeChecked();
    await asa.keyboard.press("Space");
    await expect(sound).not.toBeChecked();
    await asa.keyboard.press("Escape");
    await expect(panel).toHaveCount(0);
    await expect(button).toBeFocused();
    await expect(button).toHaveAttribute("aria-expanded", "false");
    // Who goes on by Tab leaves them closed behind, and so does a press beside them.
    await asa.keyboard.press("Enter");
    for (let n = 0; n < 3; n++) await asa.keyboard.press("Tab");
    await expect(asa.getByTestId("leave")).toBeFocused();
    await expect(panel).toHaveCount(0);
    await button.click();
    await expect(panel).toBeInViewport({ ratio: 1 });
    await asa.mouse.click(20, 400);
    await expect(panel).toHaveCount(0);
  }
});

test("mentions: @nick is highlighted for the one meant, and for nobody else", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  await sayAll(bo, "Cyrus", ["hej @åsa, och du, Bo", "@Åsand är någon annan"]);
  for (const page of [asa, bo]) await expectSaid(page, "Cyrus", "@Åsand är någon annan");
  await expect(asa.locator(".mention")).toHaveText(["@åsa"]);
  await expect(asa.locator(".msg.named")).toHaveCount(1);
  await expect(messages(asa, "hej @åsa, och du, Bo")).toHaveClass(/named/);
  await expect(bo.locator(".mention, .msg.named")).toHaveCount(0);
  const ground = (text: string) => messages(asa, text).evaluate((e) => getComputedStyle(e).backgroundColor);
  expect(await ground("hej @åsa, och du, Bo"), "the whole row stands out").not.toBe(await ground("@Åsand är någon annan"));
});
