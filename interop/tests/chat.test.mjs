// The chat as clients know it that were written for somebody else's server, and for ours.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { CLIENTS, NEWEST, opener } from "../lib/clients.mjs";
import { Server, oracle } from "../lib/server.mjs";

let nicks = 0;
/** A nick that nobody else has. */
const nick = (name) => `${name}${++nicks}`;

/** What an event's or an acknowledgement's object has of these. */
const part = (object, ...keys) => Object.fromEntries(keys.map((key) => [key, object?.[key]]));

/** Joins by Realtid's own event, and says what else is to be said. */
async function join(peer, name, more = {}) {
  const [welcome] = await peer.ask("join", { nick: name, ...more });
  assert.equal(welcome.nick, name, JSON.stringify(welcome));
  return welcome;
}

const say = async (peer, text, id = randomUUID()) => (await peer.ask("say", { id, text }))[0];

/** The lines of a tutorial's client, as far as `text`. */
async function linesTo(peer, text) {
  const lines = [];
  while (lines.at(-1)?.[3] !== text) lines.push(await peer.next("chat message"));
  return lines;
}

/** What an event says of somebody; what it says of others is passed over. */
async function about(peer, event, username) {
  for (;;) {
    const [told] = await peer.next(event);
    if (told.username === username) return told;
  }
}

for (const transport of oracle ? ["direct"] : ["direct", "mounted"]) {
  describe(`--transport ${transport}`, { concurrency: 4 }, () => {
    let server;
    before(async () => (server = await Server.start("chat", ...(oracle ? [] : ["--transport", transport]))));
    after(() => server.stop());

    // What depends on the transport alone is asked once of the second way.
    for (const client of transport === "direct" ? CLIENTS : NEWEST) {
      describe(`a client of ${client.name}`, { concurrency: true }, () => {
        it("chats as the tutorial's does", async (test) => {
          const open = opener(test, client, server);
          const [anna, bo] = [nick("anna"), nick("bo")];
          const [a, b] = [open("/", { auth: { nick: anna, serverOffset: 0 } }), open("/", { auth: { nick: bo, serverOffset: 0 } })];
          await Promise.all([a.next("connect"), b.next("connect")]);
          const text = `hej ${anna}`;
          await a.ask("chat message", text, `${a.socket.id}-0`);
          for (const peer of [a, b]) {
            const [line, offset, by, said] = (await linesTo(peer, text)).at(-1);
            assert.deepEqual([line, by, said], [`${anna}: ${text}`, anna, text]);
            assert.ok(offset !== undefined && offset !== null);
          }
        });

        it("is told once what it said twice", async (test) => {
          const name = nick("tvist");
          const peer = opener(test, client, server)("/", { auth: { nick: name } });
          const text = `en gång ${name}`;
          await peer.ask("chat message", text, `${name}-0`);
          await peer.ask("chat message", text, `${name}-0`);
          await peer.ask("chat message", `sedan ${name}`, `${name}-1`);
          const own = (await linesTo(peer, `sedan ${name}`)).filter(([, , by]) => by === name);
          assert.deepEqual(own.map(([, , , said]) => said), [text, `sedan ${name}`]);
        });

        it("has a nick found for it, if it knows none", async (test) => {
          const peer = opener(test, client, server)();
          await peer.next("connect");
          const text = `okänd ${nick("x")}`;
          await peer.ask("chat message", text, `${peer.socket.id}-0`);
          const [line, , by] = (await linesTo(peer, text)).at(-1);
          assert.ok(by.length > 0);
          assert.equal(line, `${by}: ${text}`);
        });

        it("chats as the stock example does", async (test) => {
          const open = opener(test, client, server);
          const [anna, bo] = [nick("anna"), nick("bo")];
          const [a, b] = [open(), open()];
          a.socket.emit("add user", anna);
          const [{ numUsers }] = await a.next("login");
          b.socket.emit("add user", bo);
          assert.ok(numUsers >= 1);
          assert.ok((await b.next("login"))[0].numUsers >= 2);
          assert.ok((await about(a, "user joined", bo)).numUsers >= 2);
          b.socket.emit("new message", `hej ${anna}`);
          assert.deepEqual(await about(a, "new message", bo), { username: bo, message: `hej ${anna}` });
          a.socket.emit("new message", `hej ${bo}`);
          assert.deepEqual(await about(b, "new message", anna), { username: anna, message: `hej ${bo}` });
          // Whoever writes has it already.
          const own = ({ arrived }, username) => arrived.filter(([name, told]) => name === "new message" && told.username === username);
          assert.deepEqual([own(a, anna), own(b, bo)], [[], []]);
          b.close();
          assert.equal(typeof (await about(a, "user left", bo)).numUsers, "number");
        });

        it("chats by Realtid's own events", async (test) => {
          const open = opener(test, client, server);
          const [anna, bo] = [nick("anna"), nick("bo")];
          const [a, b] = [open(), open()];
          const welcome = await join(a, anna);
          assert.equal(welcome.room, "lobby");
          await join(b, bo);
          const id = randomUUID();
          const said = await say(a, "hej \u{1f44b}", id);
          assert.deepEqual(part(said, "id", "nick", "text"), { id, nick: anna, text: "hej \u{1f44b}" });
          for (;;) {
            const [heard] = await b.next("said");
            if (heard.id !== id) continue;
            assert.deepEqual(part(heard, "nick", "text", "seq"), part({ ...said, nick: anna, text: "hej \u{1f44b}" }, "nick", "text", "seq"));
            break;
          }
          // What is said twice is there once.
          assert.equal((await say(a, "hej \u{1f44b}", id)).seq, said.seq);
        });
      });
    }

    for (const client of NEWEST) {
      describe(`${client.mode}: a nick that is taken`, { concurrency: true }, () => {
        const taken = async (open) => {
          const name = nick("upptagen");
          await join(open(), name);
          return name;
        };

        it("is refused to the tutorial's client as it connects", async (test) => {
          const open = opener(test, client, server);
          const name = await taken(open);
          const [error] = await open("/", { auth: { nick: name } }).next("connect_error");
          assert.ok(error.message.length > 0);
          assert.deepEqual(part(error.data, "code"), { code: "nick_taken" });
          assert.equal(typeof error.data.suggestion, "string");
        });

        it("is refused to the stock example's, which may ask for another", async (test) => {
          const open = opener(test, client, server);
          const name = await taken(open);
          const peer = open();
          peer.socket.emit("add user", name);
          const [refused] = await peer.next("refused");
          assert.deepEqual(part(refused, "code"), { code: "nick_taken" });
          peer.socket.emit("add user", refused.suggestion);
          await peer.next("login");
        });

        it("is refused to Realtid's own, which may ask for another", async (test) => {
          const open = opener(test, client, server);
          const name = await taken(open);
          const peer = open();
          const [refused] = await peer.ask("join", { nick: name });
          assert.deepEqual(part(refused, "of", "code"), { of: "join", code: "nick_taken" });
          await join(peer, refused.suggestion);
        });
      });

      it(`${client.mode}: the stock example's clients are told who writes, and who has stopped`, async (test) => {
        const open = opener(test, client, server);
        const [anna, bo] = [nick("anna"), nick("bo")];
        const [a, b] = [open(), open()];
        a.socket.emit("add user", anna);
        b.socket.emit("add user", bo);
        await Promise.all([a.next("login"), b.next("login")]);
        b.socket.emit("typing");
        assert.deepEqual(await about(a, "typing", bo), { username: bo });
        b.socket.emit("stop typing");
        assert.deepEqual(await about(a, "stop typing", bo), { username: bo });
      });

      describe(`${client.mode}: after a cut`, { concurrency: true }, () => {
        it("the tutorial's client gets what it has missed, once", async (test) => {
          const open = opener(test, client, server);
          const [name, other] = [nick("bortre"), nick("kvar")];
          const auth = { nick: name, serverOffset: 0 };
          const [peer, talker] = [await open("/", { auth, autoConnect: true }).settled(), open("/", { auth: { nick: other } })];
          await talker.ask("chat message", `före ${name}`, `${other}-0`);
          const before = await linesTo(peer, `före ${name}`);
          // As the tutorial's page does with each line.
          auth.serverOffset = before.at(-1)[1];
          const { engine } = peer.socket.io;
          peer.socket.io.reconnection(false);
          engine.close();
          await peer.next("disconnect");
          await talker.ask("chat message", `under ${name}`, `${other}-1`);
          peer.socket.io.reconnection(true);
          peer.socket.connect();
          await talker.ask("chat message", `efter ${name}`, `${other}-2`);
          const lines = await linesTo(peer, `efter ${name}`);
          const heard = lines.filter(([, , by]) => by === other).map(([, , , text]) => text);
          assert.deepEqual(heard, [`under ${name}`, `efter ${name}`]);
        });

        it("Realtid's own is who it was, and gets what it has missed", async (test) => {
          const open = opener(test, client, server);
          const [name, other] = [nick("bortre"), nick("kvar")];
          const [peer, talker] = [await open().settled(), open()];
          const { author, token, position } = await join(peer, name);
          await join(talker, other);
          peer.socket.io.reconnection(false);
          peer.socket.io.engine.close();
          await peer.next("disconnect");
          const missed = await say(talker, `under ${name}`);
          peer.socket.io.reconnection(true);
          peer.socket.connect();
          await peer.next("connect");
          const welcome = await join(peer, name, { token, after: position });
          assert.equal(welcome.author, author);
          const texts = welcome.entries.filter((entry) => entry.nick === other).map(({ text }) => text);
          assert.deepEqual(texts, [missed.text]);
        });
      });
    }

    describe("one room for all", () => {
      it("what is said in any vocabulary is heard in each", async (test) => {
        const open = opener(test, NEWEST[2], server);
        const [line, page, own] = [nick("rad"), nick("sida"), nick("egen")];
        const tutorial = open("/", { auth: { nick: line } });
        const [example, realtid] = [open(), open()];
        await tutorial.next("connect");
        example.socket.emit("add user", page);
        await example.next("login");
        await join(realtid, own);
        const said = { [line]: `a ${line}`, [page]: `b ${line}`, [own]: `c ${line}` };
        await tutorial.ask("chat message", said[line], `${line}-0`);
        example.socket.emit("new message", said[page]);
        await say(realtid, said[own]);
        const heard = async (peer, event, read) => {
          const texts = {};
          const wanted = Object.keys(said).filter((by) => event !== "new message" || by !== page);
          while (wanted.some((by) => !texts[by])) {
            const [by, text] = read(await peer.next(event));
            texts[by] = text;
          }
          return wanted.map((by) => [by, texts[by]]);
        };
        const all = Object.entries(said);
        assert.deepEqual(await heard(tutorial, "chat message", ([, , by, text]) => [by, text]), all);
        assert.deepEqual(await heard(example, "new message", ([{ username, message }]) => [username, message]), all.filter(([by]) => by !== page));
        assert.deepEqual(await heard(realtid, "said", ([{ nick, text }]) => [nick, text]), all);
      });
    });
  });
}
