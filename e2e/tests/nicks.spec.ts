// What one is called: the server's refusals in words, and a nick changed in the room.
import { expect, expectSaid, join, refusal, routed, routedAtDoor, say, test } from "../fixtures.ts";

const reasons = {
  nick_too_long: "för långt",
  nick_reserved: "reserverat",
  nick_taken: "upptaget",
  nick_lookalike: "för likt",
  invalid_nick: "går inte att använda",
};

test("each rule of nicks is told in words of its own, with what is free", async ({ open }) => {
  const page = await open();
  let code = "";
  await routedAtDoor(page, (message, server, page) => {
    if (code) page.send(refusal(message, code, { suggestion: "Åsa 2" }));
    else server.send(message);
  });
  await page.getByTestId("nick-input").fill("x".repeat(33));
  for (const [refused, words] of Object.entries(reasons)) {
    code = refused;
    await page.getByTestId("join-button").click();
    await expect(page.getByTestId("nick-error")).toContainText(words);
    await expect(page.getByTestId("nick-input")).toHaveAttribute("aria-invalid", "true");
    await expect(page.getByTestId("nick-input")).toHaveValue("x".repeat(33));
  }
  code = "";
  await page.getByTestId("suggestion").click();
  await expect(page.getByTestId("edit-nick")).toContainText("Åsa 2");
});

test("a nick is changed in the room, told to all once, and kept for the next visit", async ({ enter }) => {
  const asa = await enter("Åsa");
  const bo = await enter("Bo");
  await say(bo, "hej");
  await expectSaid(asa, "Bo", "hej");
  await asa.getByTestId("edit-nick").click();
  const field = asa.getByTestId("rename-input");
  await expect(field).toBeFocused();
  await expect(field).toHaveValue("Åsa");
  // Taken: told beside the field, with one that is free.
  await field.fill("bo");
  await field.press("Enter");
  await expect(asa.getByTestId("rename-error")).toContainText("upptaget");
  await expect(field).toHaveValue("bo");
  await expect(field).toBeFocused();
  await asa.getByTestId("suggestion").click();
  await expect(asa.getByTestId("rename-form")).toHaveCount(0);
  await expect(asa.getByTestId("edit-nick")).toBeFocused();
  await expect(asa.getByTestId("edit-nick")).toContainText("bo 2");
  for (const page of [asa, bo]) await expect(page.locator(".note", { hasText: "Åsa heter nu bo 2" })).toHaveCount(1);
  await expect(bo.getByTestId("who")).toContainText("bo 2");
  await say(asa, "under nytt namn");
  await expectSaid(bo, "bo 2", "under nytt namn");
  await asa.reload();
  await expect(asa.getByTestId("edit-nick")).toContainText("bo 2");
  await say(asa, "ännu");
  await expectSaid(bo, "bo 2", "ännu");
});

test("by keyboard only: Escape gives up a change of nick and the focus goes back", async ({ enter }) => {
  const asa = await enter("Åsa", { viewport: { width: 390, height: 844 } });
  await asa.getByRole("button", { name: "1 här" }).click();
  const name = asa.getByTestId("edit-nick");
  await name.focus();
  await asa.keyboard.press("Enter");
  await asa.keyboard.type("Någon annan");
  await asa.keyboard.press("Escape");
  await expect(name).toBeFocused();
  await expect(name).toContainText("Åsa");
  await expect(asa.getByTestId("who"), "the list stays open").toBeVisible();
  // An impossible one is told before anything is sent.
  await asa.keyboard.press("Enter");
  await asa.getByTestId("rename-input").fill("  ");
  await asa.keyboard.press("Enter");
  await expect(asa.getByTestId("rename-error")).toBeVisible();
  await asa.getByTestId("rename-cancel").click();
  await expect(name).toBeFocused();
});

test("the answer to a change and the news of it are one line in the log", async ({ enter }) => {
  const asa = await enter("Åsa");
  let author = "";
  await asa.routeWebSocket(/\/ws$/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const told = JSON.parse(String(message));
      if (told.type === "welcome") author = told.author;
      socket.send(message);
    });
    socket.onMessage((message) => {
      const { type, nick } = JSON.parse(String(message));
      if (type !== "nick") return server.send(message);
      const told = JSON.stringify({ type: "presence", renamed: [{ author, from: "Åsa", to: nick }], online: 1 });
      socket.send(told);
      socket.send(told);
    });
  });
  await asa.reload();
  await asa.getByTestId("edit-nick").click();
  await asa.getByTestId("rename-input").fill("Åsa Lind");
  await asa.getByTestId("rename-save").click();
  await expect(asa.getByTestId("edit-nick")).toContainText("Åsa Lind");
  await say(asa, "ett ord");
  await expect(asa.locator(".note")).toHaveText(["Åsa heter nu Åsa Lind"]);
});

test("a line that breaks leaves the nick as it was, with a word", async ({ enter }) => {
  const asa = await enter("Åsa");
  let holds = true;
  const line = await routed(asa, (message, server) => {
    if (JSON.parse(message).type === "nick" && holds) line.cut();
    else server.send(message);
  });
  await asa.getByTestId("edit-nick").click();
  await asa.getByTestId("rename-input").fill("Ebba");
  await asa.getByTestId("rename-save").click();
  await expect(asa.getByTestId("rename-error")).toContainText("nicket är oförändrat");
  await expect(asa.getByTestId("rename-input")).toHaveValue("Ebba");
  holds = false;
  line.mend();
  await expect(asa.getByTestId("banner")).toBeHidden({ timeout: 45_000 });
  await asa.getByTestId("rename-save").click();
  await expect(asa.getByTestId("edit-nick")).toContainText("Ebba");
});

test("a nick changed in one tab is the other's, too", async ({ enter }) => {
  const first = await enter("Åsa");
  const second = await first.context().newPage();
  await second.goto("/chat");
  await expect(second.getByTestId("banner")).toBeVisible();
  await first.getByTestId("edit-nick").click();
  await first.getByTestId("rename-input").fill("Åsa Lind");
  await first.getByTestId("rename-save").click();
  await expect(first.getByTestId("edit-nick")).toContainText("Åsa Lind");
  await second.getByRole("button", { name: "Använd här" }).click();
  await expect(second.getByTestId("edit-nick")).toContainText("Åsa Lind");
  await first.close();
  const third = await second.context().newPage();
  await second.getByTestId("leave").click();
  await third.goto("/chat");
  await join(third, "Ebba");
  await expect(third.getByTestId("who")).toContainText("Ebba");
});

test.describe("by the server's own rules", () => {
  test.use({ flags: ["--reserved-nicks", "admin"] });

  test("who looks like somebody else is refused at the door, and offered a name that is free", async ({ enter, open }) => {
    await enter("paypal");
    const page = await open();
    // The first two letters are Cyrillic.
    const lookalike = "\u0440\u0430ypal";
    await page.getByTestId("nick-input").fill(lookalike);
    await page.getByTestId("join-button").click();
    await expect(page.getByTestId("nick-error")).toContainText(`${lookalike} är för likt någon annans nick.`);
    await expect(page.getByTestId("nick-input")).toHaveValue(lookalike);
    await expect(page.getByTestId("suggestion")).toHaveText(`${lookalike} 2`);
    await page.getByTestId("suggestion").click();
    await expect(page.getByTestId("edit-nick")).toContainText(`${lookalike} 2`);
  });

  test("who wants to look like somebody else in the room keeps the name of before", async ({ enter }) => {
    const paypal = await enter("paypal");
    const page = await enter("Åsa");
    await page.getByTestId("edit-nick").click();
    await page.getByTestId("rename-input").fill("paypaI");
    await page.getByTestId("rename-save").click();
    await expect(page.getByTestId("rename-error")).toContainText("paypaI är för likt någon annans nick.");
    await page.getByTestId("rename-cancel").click();
    await expect(page.getByTestId("edit-nick")).toContainText("Åsa");
    await say(page, "samma som förut");
    await expectSaid(paypal, "Åsa", "samma som förut");
  });

  test("a nick that the owner has kept is nobody's, in whatever letters", async ({ open }) => {
    const page = await open();
    for (const nick of ["admin", "Admin", "ADMIN", "\u0430dmin"]) {
      await page.getByTestId("nick-input").fill(nick);
      await page.getByTestId("join-button").click();
      await expect(page.getByTestId("nick-error")).toContainText(`${nick} är reserverat.`);
      await expect(page.getByTestId("suggestion")).toHaveText(`${nick} 2`);
    }
    await page.getByTestId("suggestion").click();
    await expect(page.getByTestId("edit-nick")).toContainText("\u0430dmin 2");
  });
});
