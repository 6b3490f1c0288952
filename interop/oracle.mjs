// Node's own socket.io in the place of the servers under test: what a stock server does.
//
//   node oracle.mjs echo|chat [--port PORT] [--ping-interval MS] [--ping-timeout MS] [--max-payload BYTES] [--connect-timeout MS]
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Server } from "socket.io";

const text = (value) => ({ type: "string", default: value });
const { values, positionals } = parseArgs({
  allowPositionals: true,
  // Those of the chat that mean nothing here.
  strict: false,
  options: {
    port: text("0"),
    "ping-interval": text("25000"),
    "ping-timeout": text("20000"),
    "max-payload": text("1000000"),
    "connect-timeout": text("45000"),
  },
});

const http = createServer();
const io = new Server(http, {
  pingInterval: Number(values["ping-interval"]),
  pingTimeout: Number(values["ping-timeout"]),
  maxHttpBufferSize: Number(values["max-payload"]),
  connectTimeout: Number(values["connect-timeout"]),
  cors: { origin: "*" },
});

if (positionals[0] === "chat") chat();
else echo();

http.listen({ host: "127.0.0.1", port: Number(values.port), backlog: 4096 }, () => {
  console.log(`listening on 127.0.0.1:${http.address().port}`);
});
process.on("SIGTERM", () => process.exit());

function echo() {
  const answer = (socket) => {
    socket.emit("auth", socket.handshake.auth);
    socket.on("message", (...args) => socket.emit("message-back", ...args));
    socket.on("message-with-ack", (...args) => args.pop()(...args));
  };
  io.on("connection", answer);
  io.of("/custom").on("connection", answer);
}

/** The chat in its three vocabularies, as far as the tests ask. */
function chat() {
  const members = new Map(); // nick -> socket
  const log = [];
  let guests = 0;
  const to = (socket, entry) => {
    const { nick, text, seq } = entry;
    const { vocabulary, nick: own } = socket.data;
    if (vocabulary === "own") socket.emit("said", entry);
    else if (vocabulary !== "example") socket.emit("chat message", `${nick}: ${text}`, seq, nick, text);
    else if (own !== nick) socket.emit("new message", { username: nick, message: text });
  };
  const say = (nick, text, id) => {
    const known = log.find((entry) => entry.id === id);
    if (known) return known;
    const entry = { seq: log.length + 1, at: Date.now(), id, author: nick, nick, text };
    log.push(entry);
    for (const socket of io.sockets.sockets.values()) to(socket, entry);
    return entry;
  };
  const others = (socket, vocabulary) => [...io.sockets.sockets.values()].filter((one) => one !== socket && one.data.vocabulary === vocabulary && one.data.nick);
  const enter = (socket, nick) => {
    socket.data.nick = nick;
    members.set(nick, socket);
    for (const one of others(socket, "example")) one.emit("user joined", { username: nick, numUsers: members.size });
    for (const one of others(socket, "own")) one.emit("presence", { joined: [{ author: nick, nick }], left: [], online: members.size });
  };
  const refused = (socket, of, nick) => {
    if (!members.has(nick)) return undefined;
    return { of, code: "nick_taken", message: `${nick} is taken`, suggestion: `${nick}2` };
  };
  io.use((socket, next) => {
    const { nick } = socket.handshake.auth;
    const refusal = nick && refused(socket, "join", nick);
    next(refusal ? Object.assign(new Error(refusal.message), { data: refusal }) : undefined);
  });
  io.on("connection", (socket) => {
    const { nick, serverOffset } = socket.handshake.auth;
    if (nick) enter(socket, nick);
    if (serverOffset !== undefined) log.slice(Number(serverOffset)).forEach((entry) => to(socket, entry));
    socket.on("disconnect", () => {
      const { nick } = socket.data;
      if (members.get(nick) !== socket) return;
      members.delete(nick);
      for (const one of others(socket, "example")) one.emit("user left", { username: nick, numUsers: members.size });
      for (const one of others(socket, "own")) one.emit("presence", { joined: [], left: [{ author: nick, nick }], online: members.size });
    });

    socket.on("chat message", (text, offset, ack) => {
      socket.data.vocabulary = "tutorial";
      if (!socket.data.nick) enter(socket, `guest${++guests}`);
      say(socket.data.nick, text, offset);
      ack?.();
    });

    socket.on("add user", (nick) => {
      const refusal = refused(socket, "add user", nick);
      if (refusal) return socket.emit("refused", refusal);
      socket.data.vocabulary = "example";
      enter(socket, nick);
      socket.emit("login", { numUsers: members.size });
    });
    socket.on("new message", (text) => say(socket.data.nick, text, `${socket.id}-${log.length}`));
    for (const event of ["typing", "stop typing"]) {
      socket.on(event, () => others(socket, "example").forEach((one) => one.emit(event, { username: socket.data.nick })));
    }

    socket.on("join", ({ nick, after }, ack) => {
      const refusal = refused(socket, "join", nick);
      if (refusal) return ack(refusal);
      socket.data.vocabulary = "own";
      enter(socket, nick);
      const entries = log.slice(after?.seq ?? 0);
      ack({ nick, room: "lobby", online: members.size, entries, position: { epoch: "e", seq: log.length } });
    });
    socket.on("say", ({ id, text }, ack) => {
      const entry = say(socket.data.nick, text, id);
      ack?.(entry);
    });
  });
}
