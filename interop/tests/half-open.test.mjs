// A thousand who begin and do not go on: the server forgets them all, and its memory with them.
import assert from "node:assert/strict";
import { it } from "node:test";
import { NEWEST, opener } from "../lib/clients.mjs";
import { Polling, Socket, frame } from "../lib/raw.mjs";
import { Server, oracle } from "../lib/server.mjs";

const EACH = 250;
const ROUNDS = 6;

// In the first rounds the allocator takes what it then keeps; it is the later ones that tell.
const WARM = 3;

// 700 bytes for each session of the later rounds.
const GROWTH_MIB = 2;

/** One after another in each of several hands: a thousand at once is for who wants to test the backlog. */
async function many(count, make) {
  const made = [];
  let begun = 0;
  const hand = async () => {
    while (begun++ < count) made.push(await make());
  };
  await Promise.all(Array.from({ length: 25 }, hand));
  return made;
}

it("a thousand half-open sessions are ended, and leave nothing behind", async (test) => {
  const flags = ["--ping-interval", "400", "--ping-timeout", "300", "--connect-timeout", "500"];
  const server = await Server.start("echo", ...flags);
  test.after(() => server.stop());
  const resident = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Never polls again.
    const asked = await many(EACH, () => Polling.open(server, { connected: false }));
    // Connects, and answers no ping.
    const silent = await many(EACH, async () => {
      const socket = await Socket.open(server);
      socket.send("40");
      return socket;
    });
    // Never connects to a namespace.
    const idle = await many(EACH, () => Socket.open(server));
    // Begins an upgrade, and does not end it.
    const between = await many(EACH, async () => {
      const session = await Polling.open(server, { connected: false });
      const socket = await Socket.open(server, { sid: session.open.sid });
      socket.send("2probe");
      return { session, socket };
    });
    for (const socket of [...silent, ...idle]) await socket.end();
    for (const session of asked) await session.ended();
    for (const { session, socket } of between) {
      await session.ended();
      await socket.end();
    }
    resident.push(server.resident);
  }
  test.diagnostic(`resident after each round of ${4 * EACH}: ${resident.map((mib) => mib.toFixed(1)).join(", ")} MiB`);
  // What the collector of Node leaves for later says nothing.
  if (!oracle) {
    assert.ok(resident.at(-1) < resident[WARM - 1] + GROWTH_MIB, `it has grown: ${resident.join(", ")} MiB`);
  }
  for (const client of NEWEST) assert.deepEqual(await opener(test, client, server)().ask("message-with-ack", "kvar"), ["kvar"]);
});

it("sessions that are closed at once are forgotten at once", async (test) => {
  const server = await Server.start("echo");
  test.after(() => server.stop());
  const sessions = await many(EACH, () => Polling.open(server));
  for (const session of sessions) {
    await session.post("1");
    await session.ended();
  }
  const sockets = await many(EACH, () => Socket.open(server));
  for (const socket of sockets) {
    socket.write(frame(8, ""));
    await socket.end();
  }
});
