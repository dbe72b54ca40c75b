/** A debugger, as small as it gets: the Chrome DevTools Protocol over a WebSocket (RFC 6455) that never fragments. */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { within } from "./within.js";

type Parameters = Readonly<Record<string, unknown>>;

/** What the debugger tells without being asked. */
export interface InspectorEvent {
  readonly method: string;
  readonly params: Parameters;
}

const TEXT_FRAME = 0x81;
const MASKED = 0x80;
const SHORT_MAX = 125;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const NO_MASK = Buffer.alloc(4);
const UPGRADED = "HTTP/1.1 101 ";

export class InspectorClient {
  readonly #socket: Socket;
  readonly #events: InspectorEvent[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #lastId = 0;
  #isOpen = false;
  /** Why nothing more will come. */
  #end: Error | undefined;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data: Buffer) => this.#receive(data));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the inspector closed the connection")));
  }

  /** Resolves once one may `send`. */
  static async open(url: string): Promise<InspectorClient> {
    const { hostname, port, host, pathname } = new URL(url);
    const socket = connect(Number(port), hostname);
    const client = new InspectorClient(socket);
    const key = randomBytes(16).toString("base64");
    const upgrade = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13`;
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n\r\n`);
    await client.#until(`${url} to open`, () => client.#isOpen);
    return client;
  }

  send(method: string, params: Parameters = {}): void {
    const text = Buffer.from(JSON.stringify({ id: ++this.#lastId, method, params }));
    const head =
      text.length <= SHORT_MAX
        ? [TEXT_FRAME, MASKED | text.length]
        : [TEXT_FRAME, MASKED | LENGTH_16, text.length >> 8, text.length & 0xff];
    this.#socket.write(Buffer.concat([Buffer.from(head), NO_MASK, text]));
  }

  /** The next event, in the order in which they came. Rejects where the connection ended, or none comes. */
  async next(): Promise<InspectorEvent> {
    await this.#until("an event from the inspector", () => this.#events.length > 0);
    return this.#events.shift()!;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#end !== undefined) throw this.#end;
      await within(() => what, new Promise<void>((resolve) => (this.#wake = resolve)));
    }
  }

  #fail(error: Error): void {
    this.#end ??= error;
    this.#wake();
  }

  #receive(data: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, data]);
    if (!this.#isOpen) {
      const end = this.#bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = this.#bytes.toString("latin1", 0, end);
      if (!head.startsWith(UPGRADED)) return this.#fail(new Error(`the inspector refused: ${head}`));
      this.#bytes = this.#bytes.subarray(end + 4);
      this.#isOpen = true;
    }
    for (let text = this.#frame(); text !== undefined; text = this.#frame()) {
      const { method, params = {} } = JSON.parse(text) as Partial<InspectorEvent>;
      if (method !== undefined) this.#events.push({ method, params });
    }
    this.#wake();
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
