// Socket.IO as such, against the crate's example: every version of the client, by every transport.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CLIENTS, NEWEST, Peer, next, opener } from "../lib/clients.mjs";
import { Server } from "../lib/server.mjs";

const MAX_PAYLOAD = 200_000;

// What JSON, UTF-8 and the payloads' own separator could trip over.
const TEXTS = ["", "hej", 'citat " och \\', "Åsa och 宇 och 👩‍👩‍👧", "\u2028\u0000\u001e\ufeff", "51-[]", "ensam \ud800"];
const VALUES = [0, -1.5e300, true, null, [], {}, { a: { b: [{ c: "d" }, [1, [2]]] }, "": "" }, { _placeholder: "no" }];

let server;
before(async () => (server = await Server.start("echo", "--max-payload", String(MAX_PAYLOAD))));
after(() => server.stop());

for (const client of CLIENTS) {
  describe(`a client of ${client.name}`, { concurrency: true }, () => {
    for (const namespace of ["/", "/custom"]) {
      it(`connects to ${namespace} with its auth`, async (test) => {
        const auth = { token: "hemligt", nested: { list: [1, "två"] } };
        const peer = opener(test, client, server)(namespace, { auth });
        assert.deepEqual(await peer.next("auth"), [auth]);
        assert.equal(peer.socket.connected, true);
        assert.notEqual(peer.socket.id, peer.socket.io.engine.id);
      });
    }

    it("is told of an auth that it has not given as of an empty one", async (test) => {
      assert.deepEqual(await opener(test, client, server)().next("auth"), [{}]);
    });

    it("is turned away from a namespace that is not there, and from no other", async (test) => {
      const open = opener(test, client, server);
      const lost = open("/nowhere");
      const [error] = await lost.next("connect_error");
      assert.equal(error.message, "Invalid namespace");
      assert.equal(lost.socket.connected, false);
      await open().next("connect");
    });

    it("gets back text, values and several arguments", async (test) => {
      const peer = opener(test, client, server)();
      for (const args of [...[...TEXTS, ...VALUES].map((one) => [one]), [...TEXTS, ...VALUES], []]) {
        peer.socket.emit("message", ...args);
        assert.deepEqual(await peer.next("message-back"), args);
        assert.deepEqual(await peer.ask("message-with-ack", ...args), args);
      }
    });

    it("gets back bytes, wherever they stand", async (test) => {
      const peer = await opener(test, client, server)("/custom").settled();
      const bytes = Buffer.from([0, 1, 0x1e, 0xff, 0x62]);
      for (const args of [
        [bytes],
        [Buffer.alloc(0)],
        ["före", { picture: bytes, more: [bytes, { deep: Buffer.from("b64") }] }, bytes, "efter"],
        [Buffer.alloc(40_000, "x")],
      ]) {
        peer.socket.emit("message", ...args);
        assert.deepEqual(await peer.next("message-back"), args);
        assert.deepEqual(await peer.ask("message-with-ack", ...args), args);
      }
      peer.socket.emit("message", new Uint8Array([1, 2, 3]), new Uint8Array([4, 5]).buffer);
      assert.deepEqual(await peer.next("message-back"), [Buffer.from([1, 2, 3]), Buffer.from([4, 5])]);
    });

    it("gets a burst back in order, text and bytes mixed", async (test) => {
      const peer = opener(test, client, server)();
      const sent = Array.from({ length: 60 }, (_, n) => [n, n % 3 ? `nummer ${n}` : Buffer.from(`nummer ${n}`)]);
      const acks = sent.map((args) => peer.ask("message-with-ack", ...args));
      sent.forEach((args) => peer.socket.emit("message", ...args));
      for (const args of sent) assert.deepEqual(await peer.next("message-back"), args);
      assert.deepEqual(await Promise.all(acks), sent);
    });

    it("loses nothing while it changes its transport", async (test) => {
      const peer = opener(test, client, server)();
      await peer.next("connect");
      // Without a pause, across the upgrade where there is one.
      const upgraded = peer.settled();
      let count = 0;
      let done = false;
      upgraded.then(() => (done = true));
      while (!done || count < 20) {
        peer.socket.emit("message", count);
        assert.deepEqual(await peer.next("message-back"), [count++]);
      }
      assert.equal(peer.transport, client.mode === "polling" ? "polling" : "websocket");
    });

    it("has two namespaces over one connection, and leaves one of them", async (test) => {
      const manager = new (opener(test, client, server)().socket.io.constructor)(server.url, client.options);
      const [main, custom] = ["/", "/custom"].map((name) => new Peer(manager.socket(name, { auth: { name } })));
      test.after(() => [main, custom].forEach((peer) => peer.close()));
      assert.deepEqual(await main.next("auth"), [{ name: "/" }]);
      assert.deepEqual(await custom.next("auth"), [{ name: "/custom" }]);
      assert.equal(main.socket.io.engine, custom.socket.io.engine);
      custom.close();
      assert.deepEqual((await custom.next("disconnect"))[0], "io client disconnect");
      assert.deepEqual(await main.ask("message-with-ack", "kvar"), ["kvar"]);
      custom.socket.connect();
      assert.deepEqual(await custom.next("auth"), [{ name: "/custom" }]);
      assert.deepEqual(main.arrived.map(([name]) => name), ["connect"]);
    });

    it("comes back by itself when its connection breaks", async (test) => {
      const peer = await opener(test, client, server)().settled();
      await peer.next("auth");
      await peer.next("connect");
      const before = peer.socket.id;
      peer.socket.io.engine.close();
      await peer.next("disconnect");
      await peer.next("connect");
      assert.notEqual(peer.socket.id, before);
      assert.deepEqual(await peer.ask("message-with-ack", "igen"), ["igen"]);
    });

    it("gets back what is just not too big, and what is too big ends it alone", async (test) => {
      const open = opener(test, client, server);
      const [peer, other] = [await open().settled(), await open().settled()];
      const frame = '42["message",""]'.length;
      const fits = "x".repeat(MAX_PAYLOAD - frame);
      peer.socket.emit("message", fits);
      assert.deepEqual(await peer.next("message-back"), [fits]);
      peer.socket.emit("message", `${fits}xxxx`);
      const [reason] = await peer.next("disconnect");
      assert.match(reason, /^transport (close|error)$/);
      assert.deepEqual(await other.ask("message-with-ack", "kvar"), ["kvar"]);
      await peer.next("connect");
      await peer.next("connect");
    });
  });
}

for (const client of NEWEST) {
  describe(`${client.mode}: a server`, { concurrency: true }, () => {
    it("that dies is found dead, and found again", async (test) => {
      const own = await Server.start("echo");
      test.after(() => own.stop());
      const peer = await opener(test, client, own)().settled();
      await peer.next("connect");
      await own.kill();
      assert.match((await peer.next("disconnect"))[0], /^transport (close|error)$/);
      await own.restart();
      await peer.next("connect");
      assert.deepEqual(await peer.ask("message-with-ack", "igen"), ["igen"]);
    });

    it("that ends in good order lets its clients go", async (test) => {
      const own = await Server.start("echo");
      test.after(() => own.stop());
      const peer = await opener(test, client, own)().settled();
      await peer.next("connect");
      await own.stop();
      await peer.next("disconnect");
    });

    it("that stands still is found silent, and found again", async (test) => {
      const own = await Server.start("echo", "--ping-interval", "300", "--ping-timeout", "300");
      test.after(() => own.stop());
      const peer = await opener(test, client, own)().settled();
      await peer.next("connect");
      own.freeze();
      assert.deepEqual((await peer.next("disconnect"))[0], "ping timeout");
      own.thaw();
      await peer.next("connect");
      assert.deepEqual(await peer.ask("message-with-ack", "igen"), ["igen"]);
    });

    it("keeps whoever answers its pings, and ends whoever does not", async (test) => {
      const own = await Server.start("echo", "--ping-interval", "200", "--ping-timeout", "400");
      test.after(() => own.stop());
      const open = opener(test, client, own);
      const [awake, asleep] = [await open().settled(), await open("/", { reconnection: false }).settled()];
      await asleep.next("connect");
      const { engine } = asleep.socket.io;
      // It hears the pings, and keeps its answers to itself.
      const send = engine.transport.send.bind(engine.transport);
      engine.transport.send = (packets) => send(packets.filter(({ type }) => type !== "pong"));
      for (let pings = 0; pings < 2; pings++) await next(awake.socket.io.engine, "ping");
      await asleep.next("disconnect");
      for (let pings = 0; pings < 3; pings++) await next(awake.socket.io.engine, "ping");
      assert.equal(awake.socket.connected, true);
      assert.deepEqual(awake.arrived.map(([name]) => name), ["connect", "auth"]);
    });
  });
}
