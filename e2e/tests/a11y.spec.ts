// For everyone: what axe finds, all by keyboard, what is read out, zoom, the reader's own colours,
// less motion.
import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContextOptions, Locator, Page } from "@playwright/test";
import { type Enter, expect, expectSaid, join, messages, refusal, routed, say, sayAll, test } from "../fixtures.ts";
import type { Server } from "../server.ts";

const phone = { viewport: { width: 360, height: 740 } };
/** What fades in is judged when it is there. */
const still: BrowserContextOptions = { reducedMotion: "reduce" };

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Axe finds nothing, in both languages and both themes. */
async function expectNothingFound(page: Page): Promise<void> {
  for (const language of ["sv", "en"]) {
    if ((await page.locator("html").getAttribute("lang")) !== language) {
      await page.getByRole("button", { name: /^(English|Svenska)/ }).click();
      await expect(page.locator("html")).toHaveAttribute("lang", language);
      // Texts in the other language come one by one.
      await expect(page.locator("main .bone")).toHaveCount(0);
    }
    await expectNothingFoundIn(page, language);
  }
}

async function expectNothingFoundIn(page: Page, language: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html}\n${node.failureSummary}`).join("\n")}`);
    expect(found, `${language}, ${colorScheme}`).toEqual([]);
  }
}

type Tools = { open: (options?: BrowserContextOptions) => Promise<Page>; enter: Enter; server: Server };

/** The chat in each of its states. */
const states: Record<string, (tools: Tools) => Promise<Page>> = {
  "the door": async ({ open }) => {
    const page = await open(still);
    await expect(page.getByTestId("join-button")).toBeVisible();
    return page;
  },
  "a taken nick": async ({ open, enter }) => {
    await enter("Åsa");
    const page = await open(still);
    await page.getByTestId("nick-input").fill("Åsa");
    await page.getByTestId("join-button").click();
    await expect(page.getByTestId("nick-error")).toBeVisible();
    return page;
  },
  "a room": async ({ open }) => {
    const page = await open(still);
    await sayAll(page, "Bo", ["Hej **du** `kod`", "@Åsa, se https://example.org", "```\nkod\n```", "- en\n- två\n\n> sagt"]);
    await sayAll(page, "Élodie 花子", ["مرحبا بالعالم"]);
    await join(page, "Åsa");
    await expect(page.getByTestId("message")).toHaveCount(5);
    return page;
  },
  "an empty room": ({ enter }) => enter("Åsa", still),
  "a lost line": async ({ enter, server }) => {
    const page = await enter("Åsa", still);
    await server.kill();
    await expect(page.getByTestId("banner")).toBeVisible();
    await say(page, "väntar");
    await expect(page.locator("[data-state=pending]")).toHaveCount(1);
    return page;
  },
  "a failed message": async ({ enter }) => {
    const page = await enter("Åsa", still);
    await routed(page, (message, server, page) => {
      if (JSON.parse(message).type === "say") page.send(refusal(message, "invalid_text"));
      else server.send(message);
    });
    await say(page, "går inte");
    await expect(page.getByTestId("retry")).toBeVisible();
    return page;
  },
  "who is here, on a phone": async ({ enter }) => {
    const page = await enter("Åsa", { ...still, ...phone });
    await page.locator(".pill").click();
    await expect(page.getByTestId("who")).toBeVisible();
    return page;
  },
  "a new nick": async ({ enter }) => {
    await enter("Bo");
    const page = await enter("Åsa", still);
    await page.getByTestId("edit-nick").click();
    await page.getByTestId("rename-input").fill("Bo");
    await page.getByTestId("rename-save").click();
    await expect(page.getByTestId("rename-error")).toBeVisible();
    return page;
  },
};

for (const [name, reach] of Object.entries(states)) {
  test(`axe finds nothing in the chat: ${name}`, { tag: "@site" }, async ({ open, enter, server }) => {
    await expectNothingFound(await reach({ open, enter, server }));
  });
}

// They close when the keyboard leaves them: no language can be chosen meanwhile.
for (const [locale, bell] of [["sv-SE", "Aviseringar"], ["en-GB", "Alerts"]]) {
  test(`axe finds nothing in the chat: the settings, ${locale}`, { tag: "@site" }, async ({ enter }) => {
    const page = await enter("Åsa", { ...still, locale });
    await page.getByRole("button", { name: bell }).click();
    await expect(page.getByTestId("settings-panel")).toBeVisible();
    await expectNothingFoundIn(page, locale);
    await expect(page.getByTestId("settings-panel")).toBeVisible();
  });
}

for (const [name, path] of [["me", "/"], ["reports", "/reports"], ["a report", "/reports/kmom01"], ["nothing there", "/nowhere"]]) {
  test(`axe finds nothing on the page: ${name}`, { tag: "@site" }, async ({ open, server }) => {
    const page = await open(still);
    await page.goto(server.url + path);
    await expect(page.locator("main h1")).toBeVisible();
    await expectNothingFound(page);
  });
}

/** How an element and what stands around it look: what must change where the keyboard is. */
async function watchFocus(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const look = (element: Element) =>
      [element, element.parentElement!]
        .map((one) => getComputedStyle(one))
        .map((style) => [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderTopColor, style.translate].join())
        .join();
    let before: { element: Element; look: string } | undefined;
    /** The stop before this one, where it looked no different with the keyboard. */
    (window as any).unseenStop = () => {
      const element = document.activeElement;
      const left = before?.element.isConnected && before.element !== element;
      const unseen = left && look(before!.element) === before!.look ? before!.element.outerHTML : "";
      before = element && element !== document.body ? { element, look: look(element) } : undefined;
      return unseen;
    };
  });
}

/** Goes by `key` until the keyboard is at `target`; each stop on the way could be seen. */
async function go(page: Page, target: Locator, key = "Tab"): Promise<void> {
  const unseen: string[] = [];
  for (let stops = 0; stops < 60; stops++) {
    unseen.push(await page.evaluate(() => (window as any).unseenStop()));
    if (await target.evaluate((element) => element === document.activeElement)) break;
    await page.keyboard.press(key);
  }
  await expect(target).toBeFocused();
  expect(unseen.filter(Boolean), "where the keyboard is can be seen").toEqual([]);
}

test("by keyboard alone: every function can be reached, used, and seen", { tag: "@site" }, async ({ browser, enter, server }) => {
  const bo = await enter("Bo");
  await sayAll(bo, "Cyrus", Array.from({ length: 40 }, (_, n) => `rad ${n}`));
  const context = await browser.newContext({ baseURL: server.url, reducedMotion: "reduce" });
  const page = await context.newPage();
  await watchFocus(page);
  await page.goto("/");
  await expect(page.locator("main h1")).toBeVisible();
  const press = (key: string) => page.keyboard.press(key);

  await test.step("past the header", async () => {
    await go(page, page.locator(".skip"));
    await expect(page.locator(".skip")).toBeInViewport();
    await press("Enter");
    await expect(page.locator("main")).toBeFocused();
  });
  await test.step("theme and language", async () => {
    await page.reload();
    await go(page, page.getByRole("button", { name: "English" }));
    await press("Enter");
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
    await go(page, page.locator("button.theme"));
    await press("Space");
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await go(page, page.getByRole("button", { name: "Svenska" }), "Shift+Tab");
    await press("Enter");
    await expect(page.locator("html")).toHaveAttribute("lang", "sv");
  });
  await test.step("to the chat, and in", async () => {
    await go(page, page.getByRole("link", { name: "Chatt", exact: true }), "Shift+Tab");
    await press("Enter");
    await go(page, page.getByTestId("nick-input"));
    await page.keyboard.type("Bo");
    await press("Enter");
    await go(page, page.getByTestId("suggestion"));
    await press("Enter");
    await expect(page.getByTestId("composer")).toBeFocused();
  });
  await test.step("write", async () => {
    await page.keyboard.type("rad ett");
    await press("Shift+Enter");
    await page.keyboard.type("rad två");
    await press("Enter");
    await expect(messages(bo, /rad två/)).toHaveCount(1);
    await page.keyboard.type("med knappen");
    await go(page, page.getByTestId("send"));
    await press("Enter");
    await expectSaid(bo, "Bo 2", "med knappen");
  });
  await test.step("read back, and jump to the end", async () => {
    const log = page.getByTestId("log");
    await go(page, log, "Shift+Tab");
    await press("Home");
    await go(page, page.getByTestId("jump"));
    // Where something is unread it goes there first, and to the end when pressed again.
    await expect(async () => {
      if (await page.getByTestId("jump").isVisible()) await press("Enter");
      await expect(page.getByTestId("jump")).toBeHidden({ timeout: 3_000 });
    }).toPass();
    await expect(log).toBeFocused();
  });
  await test.step("another nick", async () => {
    await go(page, page.getByTestId("edit-nick"));
    await press("Enter");
    await expect(page.getByTestId("rename-input")).toBeFocused();
    await press("Escape");
    await expect(page.getByTestId("edit-nick")).toBeFocused();
    await press("Enter");
    await page.keyboard.type("Åsa");
    await go(page, page.getByTestId("rename-save"));
    await press("Enter");
    await expect(page.getByTestId("edit-nick")).toContainText("Åsa");
  });
  await test.step("close and open the list", async () => {
    const pill = page.locator(".pill");
    await go(page, pill, "Shift+Tab");
    await press("Enter");
    await expect(page.getByTestId("who")).toBeHidden();
    await expect(pill).toBeFocused();
    await press("Enter");
    await expect(page.getByTestId("who")).toBeVisible();
  });
  await test.step("leave", async () => {
    await go(page, page.getByTestId("leave"));
    await press("Enter");
    await expect(page.getByTestId("nick-input")).toBeFocused();
  });
  await context.close();
});

test("a failed message is sent again, and another thrown away, by keyboard", { tag: "@site" }, async ({ enter }) => {
  const page = await enter("Åsa", still);
  await watchFocus(page);
  let refuse = true;
  await routed(page, (message, server, page) => {
    if (refuse && JSON.parse(message).type === "say") page.send(refusal(message, "invalid_text"));
    else server.send(message);
  });
  await say(page, "ett");
  await say(page, "två");
  await expect(page.getByTestId("retry")).toHaveCount(2);
  refuse = false;
  await page.getByTestId("composer").focus();
  await go(page, page.getByTestId("discard").last(), "Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(messages(page, "två")).toHaveCount(0);
  await page.getByTestId("composer").focus();
  await go(page, page.getByTestId("retry"), "Shift+Tab");
  await page.keyboard.press("Enter");
  await expectSaid(page, "Åsa", "ett");
});

/** From now on notes what screen readers are told: what appears where it is announced. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const told: string[] = ((window as any).told = []);
    const isLive = (node: Node) => {
      const element = node instanceof Element ? node : node.parentElement;
      const region = element?.closest("[aria-live], [role=log], [role=status], [role=alert]");
      const live = region?.getAttribute("aria-live") ?? (region ? "polite" : "off");
      return live !== "off" && !element!.closest("[aria-hidden=true]");
    };
    new MutationObserver((changes) => {
      const added = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.isConnected);
      // What came with another node is told with it.
      const whole = added.filter((node) => !added.some((other) => other !== node && other.contains(node)));
      for (const node of whole) if (isLive(node) && node.textContent) told.push(node.textContent);
    }).observe(document.body, { subtree: true, childList: true });
  });
  return () => page.evaluate(() => (window as any).told);
}

test("the log reads out one label a message, of others, and no history", { tag: "@site" }, async ({ enter, open }) => {
  const bo = await enter("Bo");
  await say(bo, "förut");
  const page = await open();
  await expect(page.getByTestId("nick-input")).toBeVisible();
  const told = await listen(page);
  await join(page, "Åsa");
  await expectSaid(page, "Bo", "förut");
  await say(page, "jag själv");
  await expectSaid(bo, "Åsa", "jag själv");
  await say(bo, "hej du");
  await expectSaid(page, "Bo", "hej du");
  await expect.poll(told).toEqual(["Bo: hej du"]);

  const log = page.getByRole("log");
  await expect(log).toHaveCount(1);
  await expect(log).toHaveAttribute("aria-live", "polite");
  await expect(log).toMatchAriaSnapshot(`
    - log:
      - paragraph: "Bo: hej du"
  `);
  await expect(page.getByRole("region", { name: "Meddelanden i #lobby" })).toMatchAriaSnapshot(`
    - region:
      - list:
        - listitem: Här börjar samtalet
        - listitem:
          - time
        - listitem:
          - text: Bo
          - time
          - text: förut
        - listitem:
          - text: Åsa
          - time
          - text: jag själv
        - listitem:
          - text: Bo
          - time
          - text: hej du
  `);
});

/** Nothing is beside the view, and nothing that is used sticks out of it. */
async function expectFits(page: Page): Promise<void> {
  const out = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const out = document.documentElement.scrollWidth > width ? ["the page scrolls sideways"] : [];
    for (const element of document.querySelectorAll("a, button, input, textarea, h1, h2, p, time, .pill")) {
      const { left, right, width: own } = element.getBoundingClientRect();
      const seen = own > 1 && element.checkVisibility({ visibilityProperty: true }) && !element.closest("pre, .table, .sr-only, .skip, .rooms");
      if (seen && (left < -0.5 || right > width + 0.5)) out.push(element.outerHTML);
    }
    return out;
  });
  expect(out).toEqual([]);
}

for (const [name, options] of [
  ["at 200 % zoom", { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
  ["320 pixels wide", { viewport: { width: 320, height: 568 } }],
] as const) {
  test(`${name} nothing is cut off, and nothing scrolls sideways`, { tag: "@site" }, async ({ open, enter, server }) => {
    await enter("Bo");
    const page = await open({ ...still, ...options });
    await page.getByTestId("nick-input").fill("Bo");
    await page.getByTestId("join-button").click();
    await expect(page.getByTestId("nick-error")).toBeVisible();
    await expectFits(page);
    await sayAll(page, "w".repeat(32), ["ord-utan-slut-".repeat(20), "`" + "kod".repeat(60) + "`", "```\n" + "rad ".repeat(60) + "\n```"]);
    await join(page, "Åsa");
    await expect(page.getByTestId("message")).toHaveCount(3);
    await expectFits(page);
    for (const part of ["composer", "send", "online-count", "leave"]) await expect(page.getByTestId(part)).toBeInViewport({ ratio: 1 });
    const log = (await page.getByTestId("log").boundingBox())!;
    expect(log.height, "room to read").toBeGreaterThan(100);

    await page.locator(".pill").click();
    await page.getByTestId("edit-nick").click();
    await expectFits(page);
    await expect(page.getByTestId("rename-input")).toBeInViewport({ ratio: 1 });
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await server.kill();
    await expect(page.getByTestId("banner")).toBeVisible();
    await expectFits(page);
    await expect(page.getByTestId("composer")).toBeInViewport({ ratio: 1 });
  });

  test(`${name} the pages are read without scrolling sideways`, { tag: "@site" }, async ({ open, server }) => {
    const page = await open({ ...still, ...options });
    for (const path of ["/", "/reports", "/reports/kmom01", "/nowhere"]) {
      await page.goto(server.url + path);
      await expect(page.locator("main h1")).toBeVisible();
      await expectFits(page);
    }
  });
}

test("in the reader's own colours signs stay signs", { tag: "@site" }, async ({ enter }) => {
  const bo = await enter("Bo");
  const page = await enter("Åsa", { ...still, forcedColors: "active" });
  await say(bo, "hej @Åsa");
  await expectSaid(page, "Bo", "hej @Åsa");
  /** Whether it stands out from the canvas by an edge or by its own colour. */
  const standsOut = (selector: string) =>
    page.locator(selector).first().evaluate((element) => {
      const canvas = getComputedStyle(document.documentElement).backgroundColor;
      const { backgroundColor, borderTopStyle, borderTopWidth, outlineStyle } = getComputedStyle(element);
      const filled = backgroundColor !== canvas && backgroundColor !== "rgba(0, 0, 0, 0)";
      return filled || (borderTopStyle !== "none" && borderTopWidth !== "0px") || outlineStyle !== "none";
    });
  for (const sign of [".dot", ".mono", ".msg.named", ".pill", ".composer", "[data-testid=send]"]) {
    expect(await standsOut(sign), sign).toBe(true);
  }
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const canvas = await page.locator("html").evaluate((element) => getComputedStyle(element).backgroundColor);
    await expect(page.locator(".mention")).not.toHaveCSS("color", canvas);
  }
  await expect(page.getByTestId("composer")).toBeFocused();
  const around = page.locator(".composer");
  await expect(around).toHaveCSS("outline-style", "solid");
  await page.keyboard.press("Tab");
  await expect(around).toHaveCSS("outline-style", "none");
});

test("nothing moves for those who want less motion", { tag: "@site" }, async ({ enter }) => {
  const bo = await enter("Bo");
  const page = await enter("Åsa", { reducedMotion: "no-preference" });
  const moving = () =>
    page.evaluate(() => document.getAnimations().filter((one) => Number(one.effect!.getComputedTiming().duration) > 0).length);
  await bo.getByTestId("composer").pressSequentially("skriver");
  await expect(page.locator(".typing")).toContainText("Bo");
  expect(await moving(), "somebody writes").toBeGreaterThan(0);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await expect.poll(moving).toBe(0);
  await page.locator("button.theme").click();
  expect(await moving()).toBe(0);
});
