import { expect, expectSaid, join, messages, say, sayAll, test, texts } from "../fixtures.ts";

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
