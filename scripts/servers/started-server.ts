/** A throwaway server of this process: it ends, and its folder goes, when `stop` is called or this process ends, however it ends. */
export interface StartedServer {
  readonly url: string;
  readonly port: number;
  /** Of the server itself; null while it is down. Of a cluster: of its first node. */
  readonly pid: number | null;
  /** Ends it in its orderly way and removes its folder. May be called twice. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL, and the processes that it started; its folder stays for `restart`. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder (ends it in its orderly way first if it runs) and waits until it answers. */
  restart(): Promise<void>;
}
