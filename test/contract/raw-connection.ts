/** One TCP connection on which requests are written byte by byte, as Go's net/http writes them. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export class RawConnection {
  readonly #socket: Socket;
  #buffer = Buffer.alloc(0);
  #ended = false;
  #failed: Error | undefined;
  #more: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#more();
    });
    for (const event of ["end", "close"] as const) {
      socket.on(event, () => {
        this.#ended = true;
        this.#more();
      });
    }
    socket.on("error", (error) => {
      this.#failed = error;
      this.#more();
    });
  }

  static async open(host: string, port: number): Promise<RawConnection> {
    const socket = connect(port, host);
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  get isOpen(): boolean {
    return !this.#ended && !this.#failed;
  }

  /** Writes these bytes and reads one answer with its Content-Length. Throws when the connection ends before. */
  async exchange(bytes: string): Promise<RawReply> {
    this.#socket.write(bytes);
    const head = await this.#until(() => this.#buffer.indexOf("\r\n\r\n"));
    const [statusLine = "", ...lines] = this.#buffer.subarray(0, head).toString("latin1").split("\r\n");
    const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
    const length = Number(headers["content-length"]);
    if (!Number.isInteger(length)) throw new Error(`an answer without Content-Length: ${statusLine}`);
    const end = head + 4 + length;
    await this.#until(() => (this.#buffer.length >= end ? end : -1));
    const text = this.#buffer.subarray(head + 4, end).toString("utf8");
    this.#buffer = this.#buffer.subarray(end);
    return { status: Number(statusLine.split(" ")[1]), headers, text };
  }

  close(): void {
    this.#socket.destroy();
  }

  async #until(found: () => number): Promise<number> {
    for (;;) {
      const at = found();
      if (at >= 0) return at;
      if (!this.isOpen) throw this.#failed ?? new Error("EOF");
      await new Promise<void>((resolve) => (this.#more = resolve));
    }
  }
}
