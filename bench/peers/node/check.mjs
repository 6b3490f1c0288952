// Proves that each peer speaks the contract of ../README.md: starts it on a free port, joins, says,
// leaves, and prints a table. Ends with 1 where anything is wrong.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { io } from "socket.io-client";
import WebSocket from "ws";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const rust = (name) => [here(`../rust/target/release/${name}`)];

// `parses`: whether it checks what is said.
const peers = [
  { name: "ws", command: [process.execPath, here("ws.mjs")], parses: true },
  { name: "socketio", command: [process.execPath, here("socketio.mjs")], parses: true, events: true },
  { name: "axum-broadcast", command: rust("axum-broadcast"), parses: true },
  { name: "axum-broadcast --batch", command: [...rust("axum-broadcast"), "--batch"], parses: true },
  { name: "tokio-websockets", command: rust("tokio-websockets"), parses: true },
  { name: "tutorial-actix", command: rust("tutorial-actix"), parses: true },
  { name: "kernel-limit", command: rust("kernel-limit"), parses: false },
  { name: "kernel-limit --batch", command: [...rust("kernel-limit"), "--batch"], parses: false },
];

// Where an answer does not come, the check fails after so many milliseconds.
const PATIENCE_MS = 5000;

// Messages of one member at once, so that batches and queues have something to do.
const BURST = 100;

const KEYS = ["type", "nick", "text", "seq", "at", "id", "author"];
const BESIDE_ASCII = 'Hej "Åsa" \\ 👋\n';

/** A client of any peer: what comes in is read one by one, as the text of the frame. */
class Client {
  #arrived = [];
  #waiting = [];

  static async open(port, events) {
    const client = new Client();
    await (events ? client.#overSocketIo(port) : client.#overWebSocket(port));
    return client;
  }

  async #overWebSocket(port) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    this.send = (message) => socket.send(JSON.stringify(message));
    this.close = () => socket.close();
    this.closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("message", (data) => this.#take(data.toString()));
    await inTime(once(socket, "open"), "a connection");
  }

  async #overSocketIo(port) {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], reconnection: false, forceNew: true });
    this.send = ({ type, ...message }) => socket.emit(type, message);
    this.close = () => socket.disconnect();
    this.closed = new Promise((resolve) => socket.on("disconnect", resolve));
    socket.onAny((type, message) => this.#take(JSON.stringify({ type, ...message })));
    await inTime(once(socket, "connect"), "a connection");
  }

  #take(text) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(text);
    else this.#arrived.push(text);
  }

  async text(what) {
    if (this.#arrived.length > 0) return this.#arrived.shift();
    return inTime(new Promise((resolve) => this.#waiting.push(resolve)), what);
  }

  async message(what) {
    return JSON.parse(await this.text(what));
  }

  async join(nick, room) {
    this.send({ type: "join", nick, room });
    return this.message(`an answer to the join of ${nick}`);
  }

  say(text) {
    const id = newId();
    this.send({ type: "say", id, text });
    return id;
  }
}

const cases = {
  async "joins, and says how many are there"(open) {
    const a = await open();
    equal(await a.join("a", "lobby"), { type: "welcome", nick: "a", room: "lobby", online: 1 });
    const b = await open();
    equal(await b.join("b", "lobby"), { type: "welcome", nick: "b", room: "lobby", online: 2 });
  },

  async "refuses a taken nick, and frees it"(open) {
    const [a, b] = await members(open, "lobby", ["a", "b"]);
    const c = await open();
    const { message, ...refused } = await c.join("a", "lobby");
    equal(refused, { type: "refused", of: "join", code: "nick_taken" });
    equal(typeof message, "string");
    a.close();
    await a.closed;
    // The server may see it later than the client.
    const until = Date.now() + PATIENCE_MS;
    let answer = await c.join("a", "lobby");
    while (answer.type !== "welcome" && Date.now() < until) answer = await c.join("a", "lobby");
    equal(answer.type, "welcome");
    c.say("one more");
    equal((await b.message("a said")).text, "one more");
  },

  async "everyone gets the same object"(open) {
    const [a, b] = await members(open, "lobby", ["a", "b"]);
    const before = Date.now();
    const id = a.say(BESIDE_ASCII);
    const text = await a.text("the writer's own copy");
    equal(await b.text("the other's copy"), text);
    const said = JSON.parse(text);
    equal(Object.keys(said), KEYS);
    equal(JSON.stringify(said), text);
    const { at, author, ...rest } = said;
    equal(rest, { type: "said", nick: "a", text: BESIDE_ASCII, seq: 1, id });
    if (!(at >= before && at <= Date.now())) throw new Error(`"at" is ${at}, not now`);
    equal([typeof author, author.length], ["string", 16]);
    b.say("x");
    const other = await a.message("b said");
    if (other.author === author) throw new Error("two members with one author");
  },

  async "keeps the order of a burst"(open) {
    const all = await members(open, "lobby", ["a", "b", "c"]);
    const ids = Array.from({ length: BURST }, (_, n) => all[n % 2].say(`message ${n}`));
    const [first, ...others] = await Promise.all(all.map((client) => texts(client, BURST)));
    for (const other of others) equal(other, first);
    const messages = first.map((text) => JSON.parse(text));
    equal(messages.map((said) => said.seq), ids.map((_, n) => n + 1));
    equal(messages.map((said) => said.id).sort(), ids.sort());
  },

  async "keeps rooms apart"(open) {
    const [a] = await members(open, "lobby", ["a"]);
    const [other] = await members(open, "attic", ["a"]);
    other.say("in the attic");
    await other.text("its own copy");
    a.say("in the lobby");
    const said = await a.message("the writer's own copy");
    equal([said.text, said.seq], ["in the lobby", 1]);
  },

  async "carries long texts"(open) {
    const [a, b] = await members(open, "lobby", ["a", "b"]);
    for (const length of [1, 125, 126, 4000]) {
      a.say("x".repeat(length));
      equal((await b.message("a said")).text.length, length);
    }
  },

  async "ends a connection that says nonsense"(open, { parses }) {
    if (!parses) return "-";
    const [a, b] = await members(open, "lobby", ["a", "b"]);
    const nonsense = [
      { type: "say", id: "short", text: "x" },
      { type: "say", id: newId(), text: "" },
      { type: "say", id: newId(), text: "x".repeat(4001) },
      { type: "say", id: newId(), text: 7 },
      { type: "join", nick: "again", room: "lobby" },
    ];
    for (const [n, message] of nonsense.entries()) {
      const [c] = await members(open, "lobby", [`c${n}`]);
      c.send(message);
      await inTime(c.closed, `an end after ${JSON.stringify(message).slice(0, 80)}`);
    }
    a.say("still here");
    equal((await b.message("a said")).text, "still here");
  },
};

async function members(open, room, nicks) {
  const clients = [];
  for (const nick of nicks) {
    const client = await open();
    equal((await client.join(nick, room)).type, "welcome");
    clients.push(client);
  }
  return clients;
}

async function texts(client, count) {
  const all = [];
  while (all.length < count) all.push(await client.text(`message ${all.length + 1} of ${count}`));
  return all;
}

let ids = 0;

function newId() {
  return `ID${String(++ids).padStart(24, "0")}`;
}

function equal(actual, expected) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`expected ${e}, got ${a}`);
}

function once(emitter, event) {
  return new Promise((resolve, reject) => {
    emitter.once(event, resolve);
    emitter.once(event === "open" ? "error" : "connect_error", reject);
  });
}

async function inTime(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${PATIENCE_MS} ms for ${what}`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Runs one case against a server of its own. */
async function run(peer, check) {
  const [program, ...args] = peer.command;
  const child = spawn(program, [...args, "--port", "0"], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const clients = [];
  try {
    const listening = new Promise((resolve, reject) => {
      child.on("error", reject);
      createInterface(child.stderr).on("line", (line) => {
        const port = /^listening on (\d+)$/.exec(line)?.[1];
        if (port) resolve(port);
        else console.error(`${peer.name}: ${line}`);
      });
    });
    const port = await inTime(listening, '"listening on"');
    const result = await check(async () => {
      const client = await Client.open(port, peer.events);
      clients.push(client);
      return client;
    }, peer);
    for (const client of clients) client.close();
    child.kill("SIGTERM");
    await inTime(ended, "the end after SIGTERM");
    return result ?? "ok";
  } finally {
    for (const client of clients) client.close();
    child.kill("SIGKILL");
  }
}

const usage = `Usage: node check.mjs [PEER...]
Checks the named peers, or all: ${peers.map(({ name }) => `"${name}"`).join(", ")}.
The Rust peers must be built: cargo build --release in ../rust.`;

const { values, positionals } = parseArgs({ options: { help: { type: "boolean" } }, allowPositionals: true });
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const chosen = peers.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const unknown = positionals.filter((name) => !peers.some((peer) => peer.name === name));
if (unknown.length > 0) {
  console.error(`no such peer: ${unknown.join(", ")}\n${usage}`);
  process.exit(2);
}

const table = {};
let failed = false;
for (const peer of chosen) {
  if (!existsSync(peer.command[0])) {
    console.error(`${peer.name} is not built\n${usage}`);
    process.exit(2);
  }
  for (const [name, check] of Object.entries(cases)) {
    const result = await run(peer, check).catch((error) => {
      console.error(`${peer.name}: ${name}: ${error.message}`);
      failed = true;
      return "FAILED";
    });
    table[name] = { ...table[name], [peer.name]: result };
  }
}
console.table(table);
process.exit(failed ? 1 : 0);
