// A part of a crowd, in a process of its own: members who all talk at once and check what they hear.
//
// Told `{ url, members, first, clients, each }` by its parent: it has the members from `first` on of a
// crowd of `clients`, of whom each says `each` messages. It answers `joined`, then `heard` once every one
// of its members has everyone's messages, then `done` when the last word, said after all, has come to all.
import { randomUUID } from "node:crypto";
import { io } from "socket.io-client-4.8";

// Messages of one member that are not confirmed yet. With more, a process on a busy machine has so much
// to read at a time that it opens connections and asks nothing on them for seconds: that is a 408.
const WINDOW = 1;

// The last word: from the first member, after everyone has heard everything.
const LAST = "sist";

process.once("message", (task) => run(task));

function run({ url, members, first, clients, each }) {
  const sockets = [];
  let joined = 0;
  let finished = 0;
  let ended = 0;

  for (let n = first; n < first + members; n++) {
    const nick = `medlem${n}`;
    const transports = [n % 2 ? "websocket" : "polling"];
    const socket = io(url, { transports, forceNew: true, reconnection: false });
    sockets.push(socket);
    // How many of each member's messages have come: the next one's number.
    const heard = new Uint32Array(clients);
    let total = 0;
    let seq = 0;
    let said = 0;

    const say = () => {
      if (said < each) socket.emit("say", { id: randomUUID(), text: `${n}:${said++}` });
    };
    socket.on("connect_error", (error) => fail(`${nick} (${transports}): ${error.message}`));
    socket.on("disconnect", (reason, details) => {
      // An HTTP status and its body, where there was an answer.
      const { message, description, context } = details ?? {};
      fail(`${nick} (${transports}) lost its connection: ${[reason, message, description, context?.responseText].join(", ")}`);
    });
    socket.on("refused", (refused) => fail(`${nick} was refused: ${JSON.stringify(refused)}`));
    socket.on("said", (message) => {
      if (message.seq <= seq) fail(`${nick} heard ${message.seq} after ${seq}`);
      seq = message.seq;
      if (message.text === LAST) {
        if (total !== clients * each) fail(`${nick} heard the last word after ${total}`);
        if (++ended === members) process.send("done");
        return;
      }
      const [by, number] = message.text.split(":").map(Number);
      if (heard[by] !== number) fail(`${nick} (${transports}) heard ${by}:${number} in the place of ${by}:${heard[by]}`);
      heard[by]++;
      if (by === n) say();
      if (++total === clients * each && ++finished === members) process.send("heard");
    });
    socket.on("connect", () => {
      socket.emit("join", { nick }, (answer) => {
        if (answer.nick !== nick) return fail(`${nick} was answered ${JSON.stringify(answer)}`);
        socket.go = () => Array.from({ length: WINDOW }, say);
        if (++joined === members) process.send("joined");
      });
    });
  }

  process.on("message", (word) => {
    if (word === "go") for (const socket of sockets) socket.go();
    if (word === "last" && first === 0) sockets[0].emit("say", { id: randomUUID(), text: LAST });
    if (word === "end") process.exit();
  });
}

function fail(what) {
  process.send({ failed: what });
}
