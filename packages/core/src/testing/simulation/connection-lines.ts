import { decodeFrame } from "@earshot/protocol";
import type { WriteLine } from "./fault-counts.ts";
import type { PlannedDevice } from "./plan.ts";

/** Who a connection's end came from. */
export type ClosingSide = "gateway" | "device" | "network";

export interface NotingHost {
  /** `now`: the controller's monotonic ms. */
  readonly time: { readonly now: number };
  readonly write: WriteLine;
  readonly device: Pick<PlannedDevice, "name" | "user">;
  /** Names the device's life. */
  readonly p: string;
}

const WELCOME = '{"t":"welcome"';
const DRAIN = '{"t":"drain"';

/** Writes down one connection of a device, as the device has it: a WebSocket, or a run of polls. */
export class ConnectionLines {
  readonly #host: NotingHost;
  readonly #connection: number;
  #node: string;
  #over = false;

  /** `connection`: numbers it within the life. */
  constructor(host: NotingHost, connection: number, node = "") {
    this.#host = host;
    this.#connection = connection;
    this.#node = node;
  }

  opened(node: string): void {
    this.#node = node;
    this.#tell({ ev: "conn", node, connection: this.#connection });
  }

  /** A frame has come. */
  heard(text: string): void {
    const connection = this.#connection;
    if (text.startsWith(WELCOME)) {
      const { resumed } = decodeFrame(text) as unknown as { readonly resumed: boolean };
      this.#tell({ ev: "welcome", node: this.#node, connection, resumed });
    } else if (text.startsWith(DRAIN)) {
      const { within, delay } = decodeFrame(text) as unknown as { readonly within: number; readonly delay: number };
      this.#tell({ ev: "drain", connection, within, delay });
    }
  }

  closed(code: number, side: ClosingSide): void {
    if (this.#over || this.#node === "") return;
    this.#over = true;
    this.#tell({ ev: "close", connection: this.#connection, code, side });
  }

  #tell(told: object): void {
    const { time, write, device, p } = this.#host;
    write({ t: time.now, p, dev: device.name, user: device.user, ...told } as Parameters<WriteLine>[0]);
  }
}
