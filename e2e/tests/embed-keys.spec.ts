// The tag by the keyboard and aloud: what of a chat must reach into a shadow root, and out of it.
import { asked, expect, focused, test } from "../embedding.ts";
import { expectSaid, join, say } from "../fixtures.ts";

test.describe("the keyboard and what is read aloud in the shadow root", { tag: "@site" }, () => {
  test("goes through the chat in order, and out of it again", async ({ visit, enter }) => {
    await enter("Bo");
    const page = await visit(`<button data-testid="before">Före</button><realtid-chat room="lobby"></realtid-chat><button data-testid="after">Efter</button>`);
    await join(page, "Åsa");
    await expect.poll(() => focused(page)).toBe("composer");
    await page.getByTestId("before").focus();
    const way: (string | null)[] = [];
    while (way.at(-1) !== "after" && way.length < 12) {
      await page.keyboard.press("Tab");
      way.push(await focused(page));
    }
    expect(way.filter((stop) => ["leave", "log", "composer", "send", "after"].includes(stop ?? ""))).toEqual(["leave", "log", "composer", "send", "after"]);
  });

  test("announces what others say in a live region, and names its parts", async ({ visit, enter }) => {
    const page = await visit(`<h1>Sidan</h1><realtid-chat room="lobby"></realtid-chat>`);
    const bo = await enter("Bo");
    await expect(page.getByRole("heading", { name: "Vad ska vi kalla dig?" })).toHaveAttribute("aria-level", "2");
    await expect(page.getByRole("textbox", { name: "Nick" })).toHaveAccessibleDescription(/32 tecken/);
    await join(page, "Åsa");
    await expect(page.getByRole("region", { name: "Meddelanden i #lobby" })).toBeVisible();
    await expect(page.getByRole("textbox", { name: "Meddelande" })).toBeFocused();
    await say(bo, "hör du?");
    await expect(page.locator("[aria-live=polite]")).toContainText("Bo: hör du?");
  });

  test("does not take the keyboard from a page when somebody comes back to it", async ({ visit }) => {
    const page = await visit(`<input data-testid="search"><realtid-chat room="lobby"></realtid-chat>`);
    await join(page, "Åsa");
    await page.reload();
    await page.getByTestId("search").focus();
    await expect(page.getByTestId("online-count")).toHaveText("1 här");
    expect(await focused(page)).toBe("search");
  });
});

test.describe("the overlay", { tag: "@site" }, () => {
  test("opens and closes by the keyboard, and fetches nothing before", async ({ visit }) => {
    const page = await visit("/overlay.html");
    const names = asked(page);
    const launcher = page.getByTestId("embed-launcher");
    await expect(launcher).toHaveAccessibleName("Open the chat");
    await expect(launcher).toHaveAttribute("aria-expanded", "false");
    expect(names).toEqual([]);
    await launcher.focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog", { name: "Chat" })).toBeVisible();
    await expect(launcher).toHaveAttribute("aria-expanded", "true");
    await expect(launcher).toHaveAccessibleName("Close the chat");
    await expect(page.getByTestId("nick-input")).toBeFocused();
    expect(names.filter((name) => name.endsWith(".wasm"))).toHaveLength(1);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toBeHidden();
    await expect.poll(() => focused(page)).toBe("embed-launcher");
    await expect(launcher).toHaveAccessibleName("Open the chat");
  });

  test("counts what comes while it is closed, and says so on its button", async ({ visit, enter }) => {
    const page = await visit("/overlay.html");
    const bo = await enter("Bo");
    await page.getByRole("button", { name: "Ask in the chat" }).click();
    await join(page, "Åsa");
    await page.getByTestId("embed-close").click();
    await expect.poll(() => focused(page)).toBe("ask");
    await say(bo, "hello?");
    const launcher = page.getByTestId("embed-launcher");
    await expect(launcher).toHaveAccessibleName("Open the chat, 1 unread");
    await expect(launcher).toHaveText("1");
    await expect(page).toHaveTitle("(1) For visitors");
    await launcher.click();
    await expect(launcher).toHaveAccessibleName("Close the chat");
    await expect(page.getByTestId("composer")).toBeFocused();
    await expectSaid(page, "Bo", "hello?");
    await expect(page).toHaveTitle("For visitors");
  });

  test("closes what is open within it first", async ({ visit }) => {
    const page = await visit("/overlay.html");
    await page.getByTestId("embed-launcher").click();
    await join(page, "Åsa");
    await page.getByText("1 here").click();
    await expect(page.getByTestId("who")).toBeVisible();
    await page.getByTestId("edit-nick").click();
    await expect(page.getByTestId("rename-input")).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(page.getByTestId("rename-input")).toHaveCount(0);
    await page.keyboard.press("Escape");
    await expect(page.getByTestId("who")).toBeHidden();
    await expect(page.getByRole("dialog")).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toBeHidden();
  });

  test("covers a phone's page, which is out of reach meanwhile", async ({ visit }) => {
    const page = await visit("/overlay.html", { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true });
    await page.getByTestId("embed-launcher").tap();
    await expect(page.getByTestId("nick-input")).toBeVisible();
    // It comes in from below.
    await expect.poll(() => page.getByRole("dialog").boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 780 });
    expect(await page.locator("realtid-chat").evaluate((chat) => chat.shadowRoot!.querySelector("dialog")!.matches(":modal"))).toBe(true);
    await page.getByTestId("embed-close").tap();
    await expect(page.getByRole("dialog")).toBeHidden();
  });

  test("becomes a part of the page where the page wants that, and the talk goes on", async ({ visit }) => {
    const page = await visit("/overlay.html");
    await page.getByTestId("embed-launcher").click();
    await join(page, "Åsa");
    await page.getByTestId("composer").fill("halvskrivet");
    await page.locator("realtid-chat").evaluate((chat) => chat.setAttribute("mode", "inline"));
    await expect(page.getByTestId("embed-launcher")).toHaveCount(0);
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(page.getByTestId("composer")).toHaveValue("halvskrivet");
  });

  test("leaves the keyboard to who writes elsewhere by the time one is in", async ({ visit }) => {
    const page = await visit(`<input data-testid="search"><realtid-chat room="lobby"></realtid-chat>`);
    await page.getByTestId("nick-input").fill("Åsa");
    // In one go, so that no answer can come in between.
    await page.evaluate(() => {
      const inside = document.querySelector("realtid-chat")!.shadowRoot!;
      inside.querySelector<HTMLElement>("[data-testid=join-button]")!.click();
      document.querySelector<HTMLElement>("[data-testid=search]")!.focus();
    });
    await expect(page.getByTestId("composer")).toBeEnabled();
    await expect(page.getByTestId("online-count")).toHaveText("1 här");
    expect(await focused(page)).toBe("search");
  });
});
