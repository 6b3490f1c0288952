// The chat with `socket.io`: its rooms, and one `emit` to a room per message.
import { Server } from "socket.io";
import { SLOW_CHECK_MS, invalidJoin, invalidSay, newAuthor, serve } from "./common.mjs";

// Packets that may wait for a reader that is slow.
const SLOW_PACKETS = 65536;

const rooms = new Map(); // name -> { seq, nicks }

serve("socketio", (server) => {
  const io = new Server(server, { transports: ["websocket"], serveClient: false });
  io.on("connection", (socket) => {
    let member;
    socket.on("join", (message) => {
      if (member || invalidJoin(message ?? {})) socket.disconnect(true);
      else member = join(socket, message);
    });
    socket.on("say", (message) => {
      if (!member || invalidSay(message ?? {})) socket.disconnect(true);
      else say(io, member, message);
    });
    socket.on("disconnect", () => member && leave(member));
  });
  setInterval(() => {
    for (const socket of io.sockets.sockets.values()) {
      if (socket.conn.writeBuffer.length > SLOW_PACKETS) socket.disconnect(true);
    }
  }, SLOW_CHECK_MS);
});

function join(socket, { nick, room: name }) {
  const room = rooms.get(name) ?? { name, seq: 0, nicks: new Set() };
  if (room.nicks.has(nick)) {
    const message = `${nick} is taken in this room`;
    socket.emit("refused", { of: "join", code: "nick_taken", message });
    return undefined;
  }
  rooms.set(name, room);
  room.nicks.add(nick);
  socket.join(name);
  socket.emit("welcome", { nick, room: name, online: room.nicks.size });
  return { nick, room, author: newAuthor() };
}

function say(io, { nick, room, author }, { id, text }) {
  io.to(room.name).emit("said", { nick, text, seq: ++room.seq, at: Date.now(), id, author });
}

function leave({ nick, room }) {
  room.nicks.delete(nick);
  if (room.nicks.size === 0) rooms.delete(room.name);
}
