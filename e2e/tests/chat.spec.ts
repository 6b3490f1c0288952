import { expect, expectSaid, join, messages, refusal, routed, say, sayAll, test, texts } from "../fixtures.ts";

test("two browsers join and each sees the other's message with the nick beside it", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  await say(asa, "Hej, är någon här?");
  await expectSaid(bo, "Åsa", "Hej, är någon här?");
  await say(bo, "Jag är här.");
  await expectSaid(asa, "Bo", "Jag är här.");
  await expectSaid(asa, "Åsa", "Hej, är någon här?");
  await expect(asa.getByTestId("who")).toContainText("Bo");
  await expect(asa.getByTestId("online-count")).toContainText("2");
});

test("a taken nick is told beside the field, keeps what was typed and offers a free one", async ({ enter, open }) => {
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

test("an invalid nick is told before anything is sent", { tag: "@site" }, async ({ open }) => {
  const page = await open();
  const lines: unknown[] = [];
  page.on("websocket", (socket) => lines.push(socket));
  for (const nick of ["", "   ", "x".repeat(129), "a\u0007b"]) {
    await page.getByTestId("nick-input").fill(nick);
    await page.getByTestId("join-button").click();
    await expect(page.getByTestId("nick-error")).toBeVisible();
  }
  expect(lines).toEqual([]);
  await join(page, "Åsa");
});

test("a reload shows the history and keeps the nick", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  await say(asa, "före omladdningen");
  await expectSaid(bo, "Åsa", "före omladdningen");
  await asa.reload();
  await expect(asa.getByTestId("composer")).toBeVisible();
  await expectSaid(asa, "Åsa", "före omladdningen");
  await say(asa, "efter omladdningen");
  await expectSaid(bo, "Åsa", "efter omladdningen");
  await expect(bo.getByTestId("online-count")).toContainText("2");
});

test("leaving frees the nick", async ({ enter, open }) => {
  const asa = await enter("Åsa");
  await asa.getByTestId("leave").click();
  await expect(asa.getByTestId("nick-input")).toBeVisible();
  const other = await open();
  await join(other, "Åsa");
});

test("text with HTML and script shows as text", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  const text = `<img src=x onerror="document.title='ägd'"> <script>document.title='ägd'</script> [x](javascript:document.title='ägd')`;
  await say(asa, text);
  const shown = messages(bo, /<script>/).getByTestId("message-text");
  await expect(shown).toContainText(`<img src=x onerror="document.title='ägd'">`);
  await expect(shown.locator("img, script, a[href^='javascript']")).toHaveCount(0);
  expect(await bo.title()).not.toContain("ägd");
  // A nick is text, too.
  const eve = await enter("<b>Eve</b>");
  await say(eve, "vem är jag?");
  await expectSaid(bo, "<b>Eve</b>", "vem är jag?");
});

test("by keyboard only: join, write, break a line, leave", async ({ open, enter }) => {
  const bo = await enter("Bo");
  const page = await open();
  const field = page.getByTestId("nick-input");
  for (let n = 0; n < 20 && !(await field.evaluate((e) => e === document.activeElement)); n++) {
    await page.keyboard.press("Tab");
  }
  await expect(field).toBeFocused();
  await page.keyboard.type("Åsa");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("composer")).toBeFocused();
  await page.keyboard.type("rad ett");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("rad två");
  await page.keyboard.press("Enter");
  await expect(messages(bo, /rad ett/)).toContainText("rad två");
  expect((await texts(bo))[0]).toBe("rad ett\nrad två");
  const leave = page.getByTestId("leave");
  for (let n = 0; n < 40 && !(await leave.evaluate((e) => e === document.activeElement)); n++) {
    await page.keyboard.press("Shift+Tab");
  }
  await expect(leave).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("nick-input")).toBeVisible();
});

test("on a phone everything fits and works", async ({ enter }) => {
  const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
  const asa = await enter("Åsa", phone);
  const bo = await enter("Bo");
  await say(bo, "ett-mycket-långt-ord-utan-slut-".repeat(40));
  await say(bo, "kort");
  await expectSaid(asa, "Bo", "kort");
  await asa.getByTestId("composer").fill("från telefonen");
  await asa.getByTestId("send").tap();
  await expectSaid(bo, "Åsa", "från telefonen");
  const wider = await asa.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  expect(wider, "nothing sticks out sideways").toBe(false);
  const composer = (await asa.getByTestId("composer").boundingBox())!;
  expect(composer.y + composer.height).toBeLessThanOrEqual(740);
  const size = await asa.getByTestId("composer").evaluate((e) => parseFloat(getComputedStyle(e).fontSize));
  expect(size, "smaller would make iOS zoom").toBeGreaterThanOrEqual(16);
});

test("the list that covers a phone gives the keyboard back when it closes", async ({ enter }) => {
  const asa = await enter("Åsa", { viewport: { width: 360, height: 740 } });
  const pill = asa.getByRole("button", { name: "1 här" });
  for (const close of [() => asa.getByRole("button", { name: "Stäng" }).click(), () => asa.keyboard.press("Escape")]) {
    await pill.click();
    await expect(asa.getByTestId("who")).toBeVisible();
    await close();
    await expect(asa.getByTestId("who")).toBeHidden();
    await expect(pill).toBeFocused();
  }
});

test("too long a text says so and is kept", async ({ enter }) => {
  const asa = await enter("Åsa");
  const text = "x".repeat(4_010);
  await say(asa, text);
  await expect(asa.getByTestId("composer")).toHaveValue(text);
  await expect(asa.locator("form").filter({ has: asa.getByTestId("composer") })).toContainText("10 tecken för långt");
  await expect(asa.getByTestId("message")).toHaveCount(0);
});

test("a message that the server refuses stays, to be tried again or discarded", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  let refuses = true;
  await routed(asa, (message, server, page) => {
    if (JSON.parse(message).type !== "say" || !refuses) return server.send(message);
    page.send(refusal(message, "id_conflict"));
  });
  await say(asa, "först nekad");
  await say(asa, "hellre inte");
  await expect(asa.locator("[data-state=failed]")).toHaveCount(2);
  refuses = false;
  await messages(asa, "hellre inte").getByTestId("discard").click();
  await expect(messages(asa, "hellre inte")).toHaveCount(0);
  await messages(asa, "först nekad").getByTestId("retry").click();
  await expectSaid(asa, "Åsa", "först nekad");
  await expectSaid(bo, "Åsa", "först nekad");
  expect(await texts(bo)).toEqual(["först nekad"]);
});

test("an unsent message and an unfinished one survive a reload", async ({ enter }) => {
  const asa = await enter("Åsa");
  let drops = true;
  await routed(asa, (message, server) => {
    if (JSON.parse(message).type !== "say" || !drops) server.send(message);
  });
  await say(asa, "på väg");
  await expect(messages(asa, "på väg")).toHaveAttribute("data-state", "pending");
  await asa.getByTestId("composer").fill("inte färdig");
  drops = false;
  await asa.reload();
  await expectSaid(asa, "Åsa", "på väg");
  await expect(asa.getByTestId("composer")).toHaveValue("inte färdig");
  await asa.reload();
  await expectSaid(asa, "Åsa", "på väg");
});

test("Enter that ends an input method's word sends nothing", async ({ enter }) => {
  const asa = await enter("Åsa");
  const composer = asa.getByTestId("composer");
  await composer.fill("こんにちは");
  for (const composing of [{ isComposing: true }, { keyCode: 229 }]) {
    await composer.dispatchEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...composing });
  }
  await expect(composer).toHaveValue("こんにちは");
  await composer.press("Enter");
  await expectSaid(asa, "Åsa", "こんにちは");
  await expect(asa.getByTestId("message")).toHaveCount(1);
});

test("the theme that was chosen survives a reload", { tag: "@site" }, async ({ open }) => {
  const page = await open({ colorScheme: "light" });
  const ink = () => page.evaluate(() => getComputedStyle(document.body).color);
  const light = await ink();
  await page.getByRole("button", { name: "Byt till mörkt tema" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect.poll(ink).not.toBe(light);
  const dark = await ink();
  await page.reload();
  await expect(page.getByRole("button", { name: "Byt till ljust tema" })).toBeVisible();
  expect(await ink()).toBe(dark);
  await page.getByRole("button", { name: "Byt till ljust tema" }).click();
  await expect.poll(ink).toBe(light);
});

test("the me-page's texts come from files at run time, in two languages", { tag: "@site" }, async ({ open, server }) => {
  const page = await open();
  await page.goto(`${server.url}/`);
  const swedish = await page.locator("main").innerText();
  await page.getByRole("button", { name: "English" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(page.locator("main")).not.toHaveText(swedish);
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await page.goto(`${server.url}/reports/kmom06`);
  await expect(page.locator("main h1")).toBeVisible();
  // A text changed in the built folder is the next visitor's text.
  await page.route("**/content/en/me.md", (route) => route.fulfill({ body: "# Changed by its owner", contentType: "text/markdown" }));
  await page.goto(`${server.url}/`);
  await expect(page.locator("main")).toContainText("Changed by its owner");
});
