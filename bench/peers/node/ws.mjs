// The chat with `ws`: every member gets one `send` per message, which is one write to its socket.
import { WebSocketServer } from "ws";
import { SLOW_BYTES, SLOW_CHECK_MS, invalidJoin, invalidSay, newAuthor, serve } from "./common.mjs";

const rooms = new Map(); // name -> { seq, members: nick -> WebSocket }

serve("ws", (server) => {
  const sockets = new WebSocketServer({ server, path: "/ws" });
  sockets.on("connection", (socket) => {
    let member;
    socket.on("message", (data) => {
      const message = parse(data);
      if (!member && message?.type === "join" && !invalidJoin(message)) {
        member = join(socket, message);
      } else if (member && message?.type === "say" && !invalidSay(message)) {
        say(member, message);
      } else {
        socket.close(1008, "not a valid join or say");
      }
    });
    socket.on("error", () => socket.terminate());
    socket.on("close", () => member && leave(member));
  });
  setInterval(() => {
    for (const socket of sockets.clients) {
      if (socket.bufferedAmount > SLOW_BYTES) socket.terminate();
    }
  }, SLOW_CHECK_MS);
});

function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function join(socket, { nick, room: name }) {
  const room = rooms.get(name) ?? { name, seq: 0, members: new Map() };
  if (room.members.has(nick)) {
    const message = `${nick} is taken in this room`;
    socket.send(JSON.stringify({ type: "refused", of: "join", code: "nick_taken", message }));
    return undefined;
  }
  rooms.set(name, room);
  room.members.set(nick, socket);
  socket.send(JSON.stringify({ type: "welcome", nick, room: name, online: room.members.size }));
  return { nick, room, author: newAuthor() };
}

function say({ nick, room, author }, { id, text }) {
  const said = { type: "said", nick, text, seq: ++room.seq, at: Date.now(), id, author };
  // A Buffer, so that the text is encoded once and not once per member.
  const data = Buffer.from(JSON.stringify(said));
  for (const socket of room.members.values()) socket.send(data, { binary: false });
}

function leave({ nick, room }) {
  room.members.delete(nick);
  if (room.members.size === 0) rooms.delete(room.name);
}
