// What the server turns away, and what it says then: old clients, and requests that no client makes.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import io25 from "socket.io-client-2.5";
import { NEWEST, next, opener } from "../lib/clients.mjs";
import { PATH, Polling, Socket, frame, request } from "../lib/raw.mjs";
import { Server } from "../lib/server.mjs";

const MAX_PAYLOAD = 100_000;

let server;
before(async () => (server = await Server.start("echo", "--max-payload", String(MAX_PAYLOAD))));
after(() => server.stop());

/** Nobody else has noticed anything. */
async function stillServes(test) {
  for (const client of NEWEST) assert.deepEqual(await opener(test, client, server)().ask("message-with-ack", "kvar"), ["kvar"]);
}

describe("a client of 2.5", () => {
  for (const transports of [["polling"], ["websocket"], undefined]) {
    it(`by ${transports ?? "its default"} is told that it cannot connect`, async (test) => {
      const socket = io25(server.url, { forceNew: true, reconnection: false, ...(transports && { transports }) });
      test.after(() => socket.close());
      const [error] = await next(socket, "connect_error");
      assert.match(String(error), /^Error: (xhr poll|websocket) error$/);
    });
  }

  it("is told why", async () => {
    const { status, body } = await request(server, "/socket.io/?EIO=3&transport=polling");
    assert.equal(status, 400);
    assert.deepEqual(JSON.parse(body), { code: 5, message: "Unsupported protocol version" });
  });
});

describe("a request", () => {
  const unknown = "&sid=nobodynobodynobody00";
  for (const [what, query, options, status, error] of [
    ["without a transport", PATH, {}, 400, { code: 0, message: "Transport unknown" }],
    ["for another transport", `${PATH}&transport=pigeon`, {}, 400, { code: 0, message: "Transport unknown" }],
    ["for nobody's session", `${PATH}&transport=polling${unknown}`, {}, 400, { code: 1, message: "Session ID unknown" }],
    ["to nobody's session", `${PATH}&transport=polling${unknown}`, { method: "POST", body: "40" }, 400, { code: 1, message: "Session ID unknown" }],
    ["that opens a session by POST", `${PATH}&transport=polling`, { method: "POST", body: "40" }, 400, { code: 2, message: "Bad handshake method" }],
    ["for a WebSocket without an upgrade", `${PATH}&transport=websocket`, {}, 400, { code: 3, message: "Bad request" }],
    ["without a version", "/socket.io/?transport=polling", {}, 400, { code: 5, message: "Unsupported protocol version" }],
    ["of a version to come", "/socket.io/?EIO=5&transport=polling", {}, 400, { code: 5, message: "Unsupported protocol version" }],
  ]) {
    it(`${what} is answered with ${status} and ${error.code}`, async () => {
      const answer = await request(server, query, options);
      assert.equal(answer.status, status);
      assert.deepEqual(JSON.parse(answer.body), error);
    });
  }

  it("for a WebSocket of nobody's session is turned away", async () => {
    await assert.rejects(Socket.open(server, { sid: "nobodynobodynobody00" }), /answered with HTTP\/1.1 400 [^]*|answered with (?!HTTP\/1.1 101)/);
  });

  it("that polls while another does ends the session", async () => {
    const session = await Polling.open(server);
    const polls = await Promise.all([session.poll(), session.poll()]);
    assert.ok(polls.some(({ status }) => status === 400), JSON.stringify(polls));
    await session.ended();
  });
});

// What a session may send over either transport, and which ends it.
const PACKETS = {
  "an unknown packet type of Engine.IO": "9",
  "an unknown packet type of Socket.IO": "49",
  "an event that is no JSON": "42[",
  "an event that is an object": "42{}",
  "an event without a name": "42[]",
  "an event whose name is an object": '42[{"a":1}]',
  "an event by a reserved name": '42["connect"]',
  "a disconnect with an argument": '41{"a":1}',
  "an event with bytes that has no number of them": '45["message",{"_placeholder":true,"num":0}]',
  "an event with a negative number of bytes": '45-1-["message"]',
  "text where bytes were announced": ['451-["message",{"_placeholder":true,"num":0}]', '42["message"]'],
};

describe("a session ends that sends", { concurrency: true }, () => {
  for (const [what, packets] of Object.entries(PACKETS)) {
    it(`${what}, by polling`, async () => {
      const session = await Polling.open(server);
      await session.post([packets].flat().join("\x1e"));
      await session.ended();
    });

    it(`${what}, by WebSocket`, async () => {
      const socket = await Socket.open(server);
      socket.send("40");
      for (const packet of [packets].flat()) socket.send(packet);
      await socket.end();
    });
  }

  for (const [what, body] of Object.entries({ "a payload of separators": "\x1e\x1e", "bytes that are no base64": "4\x1eb!!!", "an empty body": "" })) {
    it(what, async () => {
      const session = await Polling.open(server);
      await session.post(body);
      await session.ended();
    });
  }

  for (const [what, bytes, codes] of [
    ["a frame without a mask", frame(1, '42["message"]', { masked: false }), [1002]],
    ["a frame with a reserved bit", frame(1, '42["message"]', { reserved: 4 }), [1002]],
    ["a frame of an unknown kind", frame(3, '42["message"]'), [1002]],
    ["a ping that is too long", frame(9, "x".repeat(126)), [1002]],
    ["a ping in parts", frame(9, "x", { final: false }), [1002]],
    ["a part of nothing", frame(0, "x"), [1002]],
    ["text that is no UTF-8", frame(1, Buffer.from([0x34, 0xff, 0xfe])), [1007]],
    ["a frame that is too big", frame(1, "4", { length: MAX_PAYLOAD + 1 }), [1009]],
    ["a frame of more than there is", frame(1, "4", { length: 2 ** 52 }), [1002, 1009]],
    ["parts that are too big together", Buffer.concat([frame(1, "4".padEnd(MAX_PAYLOAD / 2), { final: false }), frame(0, "x".repeat(MAX_PAYLOAD / 2 + 1))]), [1009]],
  ]) {
    it(what, async () => {
      const socket = await Socket.open(server);
      socket.send("40");
      socket.write(bytes);
      const code = await socket.end();
      assert.ok(code === undefined || code === 1005 || codes.includes(code), `the close code was ${code}`);
    });
  }
});

describe("a body that is too big", () => {
  const body = `4${"x".repeat(MAX_PAYLOAD)}`;

  it("is refused by the length that it says", async () => {
    const session = await Polling.open(server);
    assert.equal((await session.post(body)).status, 413);
  });

  it("is refused when it is too much, where it says none", async () => {
    const session = await Polling.open(server);
    const query = { method: "POST", body: new Blob([body]).stream(), duplex: "half", headers: { "content-type": "text/plain" } };
    // It may be cut off while it still writes.
    const { status } = await request(server, session.query, query).catch((error) => error);
    assert.ok(status === 413 || status === undefined, `the status was ${status}`);
  });
});

it("a server that was sent all this serves everyone else", stillServes);
