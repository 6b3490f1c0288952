// Engine.IO by hand, for what no client would send.
import { connect } from "node:net";
import { inTime } from "./clients.mjs";

export const PATH = "/socket.io/?EIO=4";

/** An answer as `{ status, body }`. */
export async function request(server, query, options = {}) {
  const response = await inTime(fetch(server.url + query, options), `an answer to ${query}`);
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** A session over polling. */
export class Polling {
  /** Opens one, and connects to the echo's namespace `/` where `connected` says so. */
  static async open(server, { connected = true, path = PATH } = {}) {
    const { body } = await request(server, `${path}&transport=polling`);
    const session = new Polling(server, path, JSON.parse(body.slice(1)));
    if (connected) {
      await session.post("40");
      await session.heard('42["auth"');
    }
    return session;
  }

  constructor(server, path, open) {
    this.server = server;
    this.open = open;
    this.query = `${path}&transport=polling&sid=${open.sid}`;
  }

  /** Polls until this has come. */
  async heard(text) {
    for (let heard = ""; !heard.includes(text); ) {
      const { status, body } = await this.poll();
      if (status !== 200) throw new Error(`a poll was answered with ${status}: ${body}`);
      heard += body;
    }
  }

  poll() {
    return request(this.server, this.query);
  }

  post(body, headers = {}) {
    return request(this.server, this.query, { method: "POST", body, headers: { "content-type": "text/plain;charset=UTF-8", ...headers } });
  }

  /** Polls until the server no longer knows the session; the server's own packets are left unanswered. */
  async ended() {
    for (;;) {
      const { status, body } = await this.poll();
      if (status === 400 && JSON.parse(body).code === 1) return;
      if (status !== 200 && status !== 400) throw new Error(`a poll was answered with ${status}: ${body}`);
    }
  }
}

const TEXT = 1;

/** A WebSocket, masks and all left to the test. */
export class Socket {
  static async open(server, { sid, path = PATH } = {}) {
    const socket = new Socket();
    const { hostname, port } = new URL(server.url);
    socket.stream = connect({ host: hostname, port });
    socket.stream.on("error", () => {});
    socket.closed = new Promise((resolve) => socket.stream.once("close", resolve));
    socket.#read();
    socket.stream.write(
      `GET ${path}&transport=websocket${sid ? `&sid=${sid}` : ""} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\n` +
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    const head = await inTime(socket.head, "the answer to a handshake");
    if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(`a handshake was answered with ${head}`);
    return socket;
  }

  /** Frames that came and nobody has asked for, as `[opcode, data]`. */
  #frames = [];
  #waiting = [];

  #read() {
    let rest = Buffer.alloc(0);
    let open = false;
    this.head = new Promise((resolve) => {
      this.stream.on("data", (data) => {
        rest = Buffer.concat([rest, data]);
        if (!open) {
          const end = rest.indexOf("\r\n\r\n");
          if (end < 0) return;
          open = true;
          resolve(rest.subarray(0, end).toString());
          rest = rest.subarray(end + 4);
        }
        for (let frame; (frame = parse(rest)); rest = rest.subarray(frame.bytes)) this.#take([frame.opcode, frame.data]);
      });
      this.closed.then(() => {
        resolve(rest.toString());
        this.#take(undefined);
      });
    });
  }

  #take(frame) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(frame);
    else this.#frames.push(frame);
  }

  /** The next frame; nothing where the connection has ended. */
  frame() {
    if (this.#frames.length > 0) return this.#frames.shift();
    return inTime(new Promise((resolve) => this.#waiting.push(resolve)), "a frame");
  }

  async text() {
    const [, data] = (await this.frame()) ?? [];
    return data?.toString();
  }

  send(text) {
    this.stream.write(frame(TEXT, text));
  }

  write(bytes) {
    this.stream.write(bytes);
  }

  /** Waits for the connection's end, and gives the close code, if there was one. */
  async end() {
    let code;
    for (let frame; (frame = await this.frame()); ) {
      if (frame[0] === 8) {
        code = frame[1].length ? frame[1].readUInt16BE() : 1005;
        this.stream.end();
      }
    }
    return code;
  }

  destroy() {
    this.stream.destroy();
  }
}

/** A client's frame. */
export function frame(opcode, data, { final = true, masked = true, reserved = 0, length } = {}) {
  const payload = Buffer.from(data);
  const size = length ?? payload.length;
  const head = Buffer.alloc(size < 126 ? 2 : size < 65_536 ? 4 : 10);
  head[0] = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (size < 126 ? size : size < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(size, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(size), 2);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = Buffer.from([1, 2, 3, 4]);
  return Buffer.concat([head, mask, payload.map((byte, n) => byte ^ mask[n % 4])]);
}

/** The first frame of a server's bytes, if it is whole. */
function parse(bytes) {
  if (bytes.length < 2) return undefined;
  const short = bytes[1] & 0x7f;
  const from = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < from) return undefined;
  const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < from + size) return undefined;
  return { opcode: bytes[0] & 0x0f, data: bytes.subarray(from, from + size), bytes: from + size };
}
