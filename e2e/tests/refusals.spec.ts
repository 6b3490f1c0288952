// What a server under limits refuses: nothing is lost, and the page says when it goes on.
import { drawsByItself, expect, expectSaid, messages, refusal, routed, routedAtDoor, say, test, texts } from "../fixtures.ts";

test("a full disk is told of, and the message goes out when there is room", async ({ enter }) => {
  const asa = await enter("Åsa");
  let full = true;
  await routed(asa, (message, server, page) => {
    if (JSON.parse(message).type !== "say" || !full) return server.send(message);
    page.send(refusal(message, "storage_full", { retry_after_ms: 1_500 }));
  });
  await say(asa, "sparas sen");
  await expect(messages(asa, "sparas sen")).toContainText("serverns disk är full");
  full = false;
  await expectSaid(asa, "Åsa", "sparas sen");
});

test("a full room says so, counts down, and lets in when there is room", async ({ open }) => {
  const page = await open();
  await page.clock.install();
  let full = true;
  await routedAtDoor(page, (message, server, page) => {
    if (full) page.send(refusal(message, "room_full", { retry_after_ms: 5_000 }));
    else server.send(message);
  });
  await page.getByTestId("nick-input").fill("Åsa");
  await drawsByItself(page);
  await page.clock.pauseAt(Date.now() + 10_000);
  await page.getByTestId("join-button").click();
  const banner = page.getByTestId("banner");
  await expect(banner).toContainText("Rummet är fullt.");
  await expect(banner).toContainText("Nytt försök om 5 s.");
  await page.clock.runFor(1_000);
  await expect(banner).toContainText("Nytt försök om 4 s.");
  full = false;
  await page.clock.runFor(4_000);
  await page.clock.resume();
  await expect(page.getByTestId("composer")).toBeVisible();
});

test.describe("by the server's own rates", () => {
  test.use({ rates: true });

  test("more messages in a moment than the server takes: they are counted down for, and arrive once and in order", async ({ enter }) => {
    const asa = await enter("Åsa");
    const bo = await enter("Bo");
    const all = Array.from({ length: 15 }, (_, n) => `nummer ${n + 1}.`);
    // From within the page, so that only a server slower than three a second would take them all.
    await asa.evaluate((all) => {
      const told = ((window as { told?: Set<string> }).told = new Set<string>());
      const note = () => document.querySelectorAll(".state").forEach((state) => told.add(state.textContent ?? ""));
      new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
      const composer = document.querySelector<HTMLTextAreaElement>("[data-testid=composer]")!;
      for (const text of all) {
        composer.value = text;
        composer.dispatchEvent(new InputEvent("input", { bubbles: true }));
        composer.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
      }
    }, all);
    for (const page of [asa, bo]) {
      await expectSaid(page, "Åsa", "nummer 15.");
      expect(await texts(page)).toEqual(all);
    }
    const told = await asa.evaluate(() => [...(window as { told?: Set<string> }).told!]);
    expect(told).toContain("många meddelanden på kort tid, skickas igen om 1 s");
    expect(told).toContain("väntar på sin tur");
    await expect(asa.locator(".state"), "nothing is left of it").toHaveCount(0);
  });
});
