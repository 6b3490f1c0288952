// A room that looks the same each time, to be pictured: the clock, the times and the authors' ids
// (which give them their colours) are set by hand, on the way from the server to the page.
import { type Page, expect } from "@playwright/test";

/** Half past nine in Stockholm, on a Sunday. */
export const NOW = new Date("2026-11-22T09:34:00+01:00");

export type Tongue = "sv" | "en";

type Line = { nick: string; at: string; text: Record<Tongue, string> };

const yesterday = (time: string) => `2026-11-21T${time}:00+01:00`;
const today = (time: string) => `2026-11-22T${time}:00+01:00`;
const code = "```\nproxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\n```";

const TALK: Line[] = [
  {
    nick: "Bo",
    at: yesterday("16:02"),
    text: {
      sv: "Någon som fått `permessage-deflate` att fungera bakom nginx?",
      en: "Has anyone got `permessage-deflate` to work behind nginx?",
    },
  },
  { nick: "Bo", at: yesterday("16:02"), text: { sv: "Eller är det bara jag som envisas?", en: "Or am I just being stubborn?" } },
  {
    nick: "Cyrus",
    at: yesterday("16:05"),
    text: { sv: `Hoppa över den. Ramarna är små ändå:\n${code}`, en: `Skip it. The frames are small anyway:\n${code}` },
  },
  {
    nick: "Dani",
    at: today("09:14"),
    text: { sv: "@Åsa såg du att redovisningen för kmom06 är uppe?", en: "@Åsa did you see that the report for kmom06 is up?" },
  },
  {
    nick: "Ebba",
    at: today("09:31"),
    text: { sv: "Varför räknar servern `seq` per rum och inte för alla?", en: "Why does the server count `seq` per room and not for all?" },
  },
  {
    nick: "Élodie 花子",
    at: today("09:32"),
    text: {
      sv: "För att ett hål då alltid betyder att man missat något i **just det** rummet.",
      en: "Because then a gap always means that you missed something in **that very** room.",
    },
  },
];

/** What the reader of the pictures adds to it. */
export const REPLY: Record<Tongue, string> = {
  sv: "Precis. Och klienten kan fråga efter just de numren.",
  en: "Right. And the client can ask for just those numbers.",
};

/** When what was said was said, by its number; what is beyond, as the last. */
const TIMES = [...TALK.map(({ at }) => at), today("09:33")];

/** What the server said, with the authors and times of the picture. */
function retouch(value: any, times: string[]): any {
  if (Array.isArray(value)) return value.map((inner) => retouch(inner, times));
  if (value === null || typeof value !== "object") return value;
  const known = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, retouch(inner, times)]));
  // The number has no meaning but that the colours of these six are far apart.
  if (typeof known.author === "string" && typeof known.nick === "string") known.author = `${known.nick} 1505`;
  if (typeof known.at === "number") known.at = Date.parse(times[Math.min(known.seq, times.length) - 1]);
  return known;
}

/**
 * Has the page show the same each time, from a reload on. `stopped` holds its clock: what it waits
 * for does not come.
 */
export async function pose(page: Page, { stopped = true, times = TIMES } = {}): Promise<{ cut(): void; mend(): void }> {
  let dead = false;
  const ends: { close(options?: object): Promise<void> }[] = [];
  if (stopped) await page.clock.setFixedTime(NOW);
  else await page.clock.install({ time: NOW });
  await page.routeWebSocket(/\/ws$/, (socket) => {
    if (dead) return socket.onMessage(() => void socket.close({ code: 4000 }));
    const server = socket.connectToServer();
    ends.push(socket, server);
    server.onMessage((message) => socket.send(JSON.stringify(retouch(JSON.parse(String(message)), times))));
  });
  await page.reload();
  return {
    cut: () => {
      dead = true;
      ends.splice(0).forEach((end) => void end.close({ code: 4000 }));
    },
    mend: () => {
      dead = false;
    },
  };
}

/**
 * Has them all talk, by sockets of their own in `page`, before whoever is pictured comes in: who
 * came is no part of it. They stay until the page is closed.
 */
export async function talk(page: Page, tongue: Tongue, extras: string[] = []): Promise<void> {
  const lines = TALK.map(({ nick, text }) => [nick, text[tongue]]);
  await page.evaluate(
    async ([lines, extras]) => {
      const sockets: Record<string, WebSocket> = ((window as any).sockets = {});
      const join = (nick: string) =>
        new Promise<void>((resolve) => {
          const socket = (sockets[nick] = new WebSocket(location.origin.replace("http", "ws") + "/ws", "realtid.v1"));
          socket.onopen = () => socket.send(JSON.stringify({ type: "join", nick }));
          socket.onmessage = ({ data }) => JSON.parse(data).type === "welcome" && resolve();
        });
      for (const nick of new Set([...lines.map(([nick]) => nick), ...extras])) await join(nick);
      for (const [nick, text] of lines) {
        const id = crypto.randomUUID();
        await new Promise<void>((resolve) => {
          sockets[nick].onmessage = ({ data }) => JSON.parse(data).id === id && resolve();
          sockets[nick].send(JSON.stringify({ type: "say", id, text }));
        });
      }
    },
    [lines, extras] as const,
  );
}

/** Somebody of those who talked writes again. */
export async function write(page: Page, nick: string): Promise<void> {
  await page.evaluate((nick) => (window as any).sockets[nick].send(JSON.stringify({ type: "typing" })), nick);
}

/** Ready to be looked at: fonts are there, nothing lights up under the pointer. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.mouse.move(0, 0);
  await expect(page.locator("[aria-busy=true], .bone")).toHaveCount(0);
}
