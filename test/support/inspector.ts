/** A debugger, as small as it gets: the Chrome DevTools Protocol over a WebSocket (RFC 6455) that never fragments. */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

type Parameters = Readonly<Record<string, unknown>>;

interface Received {
  readonly method?: string;
  readonly params?: Parameters;
}

const TEXT_FRAME = 0x81;
const MASKED = 0x80;
const SHORT_MAX = 125;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const NO_MASK = Buffer.alloc(4);

export class InspectorClient {
  readonly #socket: Socket;
  readonly #onEvent: (method: string, params: Parameters) => void;
  #bytes = Buffer.alloc(0);
  #isOpen = false;
  #lastId = 0;

  private constructor(socket: Socket, onEvent: (method: string, params: Parameters) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
  }

  /** Resolves once one may `send`. `onEvent` hears of what the debugger tells without being asked. */
  static open(url: string, onEvent: (method: string, params: Parameters) => void): Promise<InspectorClient> {
    const { hostname, port, host, pathname } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      const client = new InspectorClient(socket, onEvent);
      socket.on("error", reject);
      socket.on("connect", () => {
        const key = randomBytes(16).toString("base64");
        const upgrade = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13`;
        socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n\r\n`);
      });
      socket.on("data", (data: Buffer) => client.#receive(data, () => resolve(client)));
    });
  }

  send(method: string, params: Parameters = {}): void {
    const text = Buffer.from(JSON.stringify({ id: ++this.#lastId, method, params }));
    const head =
      text.length <= SHORT_MAX
        ? [TEXT_FRAME, MASKED | text.length]
        : [TEXT_FRAME, MASKED | LENGTH_16, text.length >> 8, text.length & 0xff];
    this.#socket.write(Buffer.concat([Buffer.from(head), NO_MASK, text]));
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(data: Buffer, opened: () => void): void {
    this.#bytes = Buffer.concat([this.#bytes, data]);
    if (!this.#isOpen) {
      const end = this.#bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#bytes = this.#bytes.subarray(end + 4);
      this.#isOpen = true;
      opened();
    }
    for (let text = this.#frame(); text !== undefined; text = this.#frame()) {
      const { method, params } = JSON.parse(text) as Received;
      if (method !== undefined) this.#onEvent(method, params ?? {});
    }
  }

  /** The next whole frame's text. */
  #frame(): string | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 2) return undefined;
    let length = bytes[1]!;
    let start = 2;
    if (length === LENGTH_16) start = 4;
    else if (length === LENGTH_64) start = 10;
    if (bytes.length < start) return undefined;
    if (start === 4) length = bytes.readUInt16BE(2);
    else if (start === 10) length = Number(bytes.readBigUInt64BE(2));
    if (bytes.length < start + length) return undefined;
    this.#bytes = bytes.subarray(start + length);
    return bytes.toString("utf8", start, start + length);
  }
}
