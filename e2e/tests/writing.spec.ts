// Writing: each line of what people expect of a composer.
import { drawsByItself, expect, expectSaid, messages, refusal, routed, say, sayAll, test, texts } from "../fixtures.ts";

test("optimistic send: a message stands there at once, and is marked as under way only where it takes a while", async ({ enter }) => {
  const asa = await enter("Åsa");
  const held: (() => void)[] = [];
  await routed(asa, (message, server) => {
    if (JSON.parse(message).type === "say") held.push(() => server.send(message));
    else server.send(message);
  });
  await say(asa, "strax framme");
  await expect(messages(asa, "strax framme")).toHaveAttribute("data-state", "pending");
  const mark = messages(asa, "strax framme").locator(".state");
  await expect(mark).toHaveText("skickas …");
  expect(await mark.evaluate((e) => getComputedStyle(e).animationDelay), "until then it is not seen").toBe("0.3s");
  await expect.poll(() => held.length).toBe(1);
  held[0]();
  await expectSaid(asa, "Åsa", "strax framme");
  await expect(mark).toHaveCount(0);
});

test("optimistic send: a message that the server refuses stays, to be tried again or discarded", async ({ enter }) => {
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

test("offline composer: what is written without a line survives a reload and goes out once, in order", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  const line = await routed(asa);
  line.cut();
  await expect(asa.getByTestId("banner")).toBeVisible();
  for (const text of ["ett", "två", "tre"]) await say(asa, text);
  await asa.getByTestId("composer").fill("inte färdig");
  await asa.reload();
  await expect(asa.getByTestId("composer")).toHaveValue("inte färdig");
  await expect(asa.locator("[data-state=pending]")).toHaveCount(3);
  await expect(messages(asa, "ett")).toContainText("skickas när förbindelsen är tillbaka");
  line.mend();
  await asa.evaluate(() => window.dispatchEvent(new Event("online")));
  for (const page of [asa, bo]) {
    await expectSaid(page, "Åsa", "tre");
    expect(await texts(page)).toEqual(["ett", "två", "tre"]);
  }
  await expect(asa.getByTestId("composer")).toHaveValue("inte färdig");
  await say(bo, "efteråt");
  await expectSaid(asa, "Bo", "efteråt");
  expect(await texts(bo), "nothing is sent again").toEqual(["ett", "två", "tre", "efteråt"]);
});

test("offline composer: an unsent message and an unfinished one survive a reload", async ({ enter }) => {
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

test("keys: Enter sends, Shift+Enter breaks the line", async ({ enter }) => {
  const asa = await enter("Åsa");
  const composer = asa.getByTestId("composer");
  await composer.pressSequentially("rad ett");
  await composer.press("Shift+Enter");
  await composer.pressSequentially("rad två");
  await expect(composer).toHaveValue("rad ett\nrad två");
  await composer.press("Enter");
  await expect(composer).toHaveValue("");
  await expectSaid(asa, "Åsa", "rad ett\nrad två");
});

test("keys: Up in an empty composer recalls what one has said, Down and Escape lead back", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  const composer = asa.getByTestId("composer");
  await say(asa, "först");
  await say(bo, "någon annans");
  await expectSaid(asa, "Bo", "någon annans");
  await say(asa, "sedan\nmed en rad till");
  await expectSaid(asa, "Åsa", "sedan\nmed en rad till");
  // Also what was said before the page was loaded.
  await asa.reload();
  await expectSaid(asa, "Åsa", "först");
  await composer.press("ArrowUp");
  await expect(composer).toHaveValue("sedan\nmed en rad till");
  await expect(asa.getByTestId("told"), "screen readers are told").toHaveText("sedan\nmed en rad till");
  await composer.press("ArrowUp");
  await expect(composer).toHaveValue("först");
  await composer.press("ArrowUp");
  await expect(composer).toHaveValue("först");
  await composer.press("ArrowDown");
  await expect(composer).toHaveValue("sedan\nmed en rad till");
  await composer.press("Escape");
  await expect(composer).toHaveValue("");
  // What is edited is one's own: the arrows move the caret again, and nothing replaces it.
  await composer.press("ArrowUp");
  await composer.press("!");
  await composer.press("ArrowUp");
  await expect(composer).toHaveValue("sedan\nmed en rad till!");
  await composer.press("ArrowDown");
  await composer.press("Escape");
  await expect(composer).toHaveValue("sedan\nmed en rad till!");
  await composer.press("Enter");
  await expectSaid(bo, "Åsa", "sedan\nmed en rad till!");
  // Nor is what one has begun.
  await composer.fill("påbörjat");
  await composer.press("ArrowUp");
  await expect(composer).toHaveValue("påbörjat");
});

test("keys: Tab completes a nick, those who spoke last first, and goes on to the next", async ({ enter }) => {
  const asa = await enter("Åsa");
  await enter("bengt");
  const bo = await enter("Bodil 🚀");
  await say(bo, "hej");
  await expectSaid(asa, "Bodil 🚀", "hej");
  await expect(asa.getByTestId("online-count")).toContainText("3");
  const composer = asa.getByTestId("composer");
  const told = asa.getByTestId("told");

  await composer.pressSequentially("b");
  await composer.press("Tab");
  await expect(composer).toHaveValue("@Bodil 🚀: ");
  await expect(told).toHaveText("Bodil 🚀, 1 av 2. Tabb för nästa.");
  await composer.press("Tab");
  await expect(composer).toHaveValue("@bengt: ");
  await expect(told).toHaveText("bengt, 2 av 2. Tabb för nästa.");
  await composer.press("Tab");
  await expect(composer).toHaveValue("@Bodil 🚀: ");
  await composer.pressSequentially("😀 @BE");
  await expect(told).toHaveText("");
  await composer.press("Tab");
  await expect(composer).toHaveValue("@Bodil 🚀: 😀 @bengt ");
  await expect(told).toHaveText("bengt");
  await composer.pressSequentially("ser");
  // In the middle of the text: the caret stays behind the name.
  await composer.evaluate((e: HTMLTextAreaElement) => e.setRangeText("bo ", 0, 0, "start"));
  await composer.evaluate((e: HTMLTextAreaElement) => e.setSelectionRange(2, 2));
  await composer.press("Tab");
  await composer.pressSequentially("!");
  await expect(composer).toHaveValue("@Bodil 🚀:! @Bodil 🚀: 😀 @bengt ser");
  await composer.press("Enter");
  await expect(bo.locator(".named")).toHaveCount(1);
});

test("keys: Tab with nothing to complete moves the focus, and Shift+Tab always does", async ({ enter }) => {
  const asa = await enter("Åsa");
  await enter("Bo");
  await enter("Bodil");
  await expect(asa.getByTestId("online-count")).toContainText("3");
  const composer = asa.getByTestId("composer");
  for (const text of ["", "@", "hej ", "ingen heter så"]) {
    await composer.fill(text);
    await composer.press("Tab");
    await expect(asa.getByTestId("send")).toBeFocused();
    await expect(composer).toHaveValue(text);
  }
  // Among several, Escape ends the choice; it is no trap.
  await composer.fill("bo");
  await composer.press("Tab");
  await composer.press("Tab");
  await expect(composer).toBeFocused();
  await composer.press("Escape");
  await expect(asa.getByTestId("told")).toHaveText("");
  await composer.press("Tab");
  await expect(asa.getByTestId("send")).toBeFocused();
  // One alone is put in once.
  await composer.fill("bod");
  await composer.press("Tab");
  await expect(composer).toHaveValue("@Bodil: ");
  await composer.press("Tab");
  await expect(asa.getByTestId("send")).toBeFocused();
  await composer.fill("bo");
  await composer.press("Shift+Tab");
  await expect(composer).not.toBeFocused();
  await expect(composer).toHaveValue("bo");
});

test("keys: Enter that ends an input method's word sends nothing", async ({ enter }) => {
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

test("keys: Enter, Tab and the arrows are the input method's while it composes", async ({ enter }) => {
  const asa = await enter("Åsa");
  await enter("こん");
  await say(asa, "förut");
  await expectSaid(asa, "Åsa", "förut");
  await expect(asa.getByTestId("online-count")).toContainText("2");
  const composer = asa.getByTestId("composer");
  await composer.focus();
  const browser = await asa.context().newCDPSession(asa);
  const keys: [string, boolean][] = [];
  await asa.exposeFunction("note", (key: string, composing: boolean) => keys.push([key, composing]));
  await composer.evaluate((e) =>
    e.addEventListener("keydown", (event) => (window as unknown as { note(key: string, c: boolean): void }).note(event.key, event.isComposing)),
  );
  await browser.send("Input.imeSetComposition", { text: "こん", selectionStart: 2, selectionEnd: 2 });
  for (const key of ["ArrowUp", "ArrowDown", "Enter"]) {
    await browser.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key, code: key, windowsVirtualKeyCode: 229 });
  }
  await expect.poll(() => keys).toEqual([["ArrowUp", true], ["ArrowDown", true], ["Enter", true]]);
  await expect(composer).toHaveValue("こん");
  await browser.send("Input.insertText", { text: "こんにちは" });
  await expect(composer).toHaveValue("こんにちは");
  await composer.press("Enter");
  await expectSaid(asa, "Åsa", "こんにちは");
  expect(await texts(asa)).toEqual(["förut", "こんにちは"]);
});

test("mobile: on a phone everything fits and works", async ({ enter }) => {
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

test("mobile: the keyboard says that it sends, resizes the page, and zooming is left to the reader", { tag: "@site" }, async ({ enter }) => {
  const asa = await enter("Åsa", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await expect(asa.getByTestId("composer")).toHaveAttribute("enterkeyhint", "send");
  const viewport = await asa.locator("meta[name=viewport]").getAttribute("content");
  expect(viewport).toContain("interactive-widget=resizes-content");
  expect(viewport, "the safe areas are the page's to keep free").toContain("viewport-fit=cover");
  expect(viewport).not.toMatch(/user-scalable|maximum-scale/);
  // Chromium has no notch here: the rule is looked up.
  const keepsFree = await asa.evaluate(() =>
    [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).some((rule) => rule.cssText.startsWith(".write") && rule.cssText.includes("env(safe-area-inset-bottom)")),
  );
  expect(keepsFree).toBe(true);
  // The keyboard comes out: the composer stays in view, at the end of what is left.
  await asa.getByTestId("composer").focus();
  await asa.setViewportSize({ width: 390, height: 480 });
  await expect(asa.getByTestId("composer")).toBeInViewport({ ratio: 1 });
});

test("mobile: the end of the log stays in view while the composer grows from two lines to many", async ({ enter }) => {
  const asa = await enter("Åsa", { viewport: { width: 320, height: 560 } });
  await sayAll(asa, "Bo", Array.from({ length: 20 }, (_, n) => `nummer ${n + 1}.`));
  await expectSaid(asa, "Bo", "nummer 20.");
  const composer = asa.getByTestId("composer");
  for (const lines of [2, 12, 3]) {
    await composer.fill("rad\n".repeat(lines));
    // What scrolled tells the log in the frame after.
    await asa.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await expect(messages(asa, "nummer 20.")).toBeInViewport({ ratio: 1 });
    await expect(asa.getByTestId("jump")).toHaveCount(0);
  }
});

test("refusals: a message too many waits in its place, counts down, and goes out by itself in order", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  await asa.clock.install();
  let refuses = true;
  await routed(asa, (message, server, page) => {
    if (JSON.parse(message).type !== "say" || !refuses) return server.send(message);
    page.send(refusal(message, "rate_limited", { retry_after_ms: 3_000 }));
  });
  await expect(asa.getByTestId("online-count")).toHaveText("2 här");
  await drawsByItself(asa);
  await asa.clock.pauseAt(Date.now() + 10_000);
  await say(asa, "ett");
  await say(asa, "två");
  await expect(messages(asa, "ett")).toContainText("många meddelanden på kort tid");
  await expect(messages(asa, "ett")).toContainText("skickas igen om 3 s");
  await expect(messages(asa, "två")).toContainText("väntar på sin tur");
  await asa.clock.runFor(1_000);
  await expect(messages(asa, "ett")).toContainText("skickas igen om 2 s");
  await expect(asa.getByTestId("composer"), "one can go on writing").toHaveValue("");
  await say(asa, "tre");
  refuses = false;
  await asa.clock.runFor(2_000);
  for (const text of ["ett", "två", "tre"]) await expectSaid(asa, "Åsa", text);
  await expectSaid(bo, "Åsa", "tre");
  expect(await texts(bo)).toEqual(["ett", "två", "tre"]);
});

test("refusals: too long a text says so and is kept", async ({ enter }) => {
  const asa = await enter("Åsa");
  const text = "x".repeat(4_010);
  await say(asa, text);
  await expect(asa.getByTestId("composer")).toHaveValue(text);
  await expect(asa.locator("form").filter({ has: asa.getByTestId("composer") })).toContainText("10 tecken för långt");
  await expect(asa.getByTestId("message")).toHaveCount(0);
});
