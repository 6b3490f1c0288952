// Several tabs of one visitor: one is in the room, the others say so.
import type { Page } from "@playwright/test";
import { expect, expectSaid, join, say, test, texts } from "../fixtures.ts";

const elsewhere = (page: Page) => page.getByTestId("banner").and(page.locator("[data-state=taken_over]"));

for (const way of ["with the browser's locks", "without them"]) {
  test.describe(way, () => {
    /** Before the page's program runs. On plain http in a local network there are no locks. */
    const prepare = async (page: Page) => {
      if (way === "without them") {
        await page.context().addInitScript(() => delete (Navigator.prototype as { locks?: unknown }).locks);
        await page.reload();
      }
    };

    test("a second tab says that the chat is open in another one, and takes it over when asked", async ({ enter }) => {
      const first = await enter("Åsa");
      await prepare(first);
      await say(first, "från den första");
      await expectSaid(first, "Åsa", "från den första");
      const second = await first.context().newPage();
      await second.goto("/chat");
      await expect(elsewhere(second)).toContainText("annan flik");
      await expect(second.getByTestId("message")).toHaveCount(0);
      await say(first, "den första är kvar");
      await expectSaid(first, "Åsa", "den första är kvar");
      await expect(elsewhere(first)).toHaveCount(0);

      await elsewhere(second).getByRole("button", { name: "Använd här" }).click();
      await expectSaid(second, "Åsa", "den första är kvar");
      await expect(elsewhere(second)).toHaveCount(0);
      await expect(elsewhere(first)).toBeVisible();
      await expectSaid(first, "Åsa", "den första är kvar");
      await expect(second.getByTestId("online-count")).toHaveText("1 här");

      await elsewhere(first).getByRole("button", { name: "Använd här" }).click();
      await expect(elsewhere(second)).toBeVisible();
      await say(first, "och tillbaka");
      await expectSaid(first, "Åsa", "och tillbaka");
    });

    test("what is said in a tab that waits is said, and the room is there from then on", async ({ enter }) => {
      const first = await enter("Åsa");
      await prepare(first);
      const bo = await enter("Bo");
      const second = await first.context().newPage();
      await second.goto("/chat");
      await expect(elsewhere(second)).toBeVisible();
      await say(second, "härifrån");
      await expectSaid(second, "Åsa", "härifrån");
      await expect(elsewhere(first)).toBeVisible();
      await say(first, "därifrån");
      await expectSaid(first, "Åsa", "därifrån");
      await expect(elsewhere(second)).toBeVisible();
      await expectSaid(bo, "Åsa", "därifrån");
      expect(await texts(bo)).toEqual(["härifrån", "därifrån"]);
    });

    test("who turns to a tab that waits gets the room once the other is closed", async ({ enter }) => {
      const first = await enter("Åsa");
      await prepare(first);
      const second = await first.context().newPage();
      await second.goto("/chat");
      await expect(elsewhere(second)).toBeVisible();
      await first.close();
      // The browser closes a tab in its own time.
      await expect(async () => {
        await second.evaluate(() => window.dispatchEvent(new Event("focus")));
        await expect(elsewhere(second)).toHaveCount(0, { timeout: 1_000 });
      }).toPass();
      await say(second, "nu här");
      await expectSaid(second, "Åsa", "nu här");
    });

    test("two tabs at the form are one visitor", async ({ open }) => {
      const first = await open();
      await prepare(first);
      const second = await first.context().newPage();
      await second.goto("/chat");
      await join(first, "Åsa");
      await say(first, "min");
      await expectSaid(first, "Åsa", "min");
      await second.getByTestId("nick-input").fill("Åsa");
      await second.getByTestId("join-button").click();
      await elsewhere(second).getByRole("button", { name: "Använd här" }).click();
      await expect(second.getByTestId("composer")).toBeVisible();
      await expect(elsewhere(first)).toBeVisible();
      await expect(second.getByTestId("online-count")).toHaveText("1 här");
      await expect(second.locator(".msg.mine"), "the same author").toHaveCount(1);
    });

    test("a tab reloaded is not another tab", async ({ enter }) => {
      const asa = await enter("Åsa");
      await prepare(asa);
      for (let n = 1; n <= 3; n++) {
        await asa.reload();
        await say(asa, `gång ${n}`);
        await expectSaid(asa, "Åsa", `gång ${n}`);
        await expect(elsewhere(asa)).toHaveCount(0);
      }
    });
  });
}

test("who left in one tab is not brought back by another", async ({ enter }) => {
  const first = await enter("Åsa");
  const bo = await enter("Bo");
  const second = await first.context().newPage();
  await second.goto("/chat");
  await expect(elsewhere(second)).toBeVisible();
  await first.getByTestId("leave").click();
  await expect(first.getByTestId("nick-input")).toBeVisible();
  await second.evaluate(() => window.dispatchEvent(new Event("focus")));
  await expect(second.getByTestId("nick-input")).toHaveValue("Åsa");
  await expect(bo.getByTestId("online-count")).toHaveText("1 här");
});
