import { SUBPROTOCOL } from "@earshot/protocol";
import { ABNORMAL } from "../close-number.ts";
import type { OpenTransport } from "../ports/transport.ts";

/** The W3C `WebSocket` that browsers, React Native and Node have. */
export const webSocketTransport: OpenTransport = (url, listener) => {
  const socket = new WebSocket(url, SUBPROTOCOL);
  let over = false;
  socket.onopen = () => listener.onOpen();
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") listener.onText(data);
  };
  // an error is always followed by a close, which says what there is to say
  socket.onclose = ({ code }) => {
    if (over) return;
    over = true;
    listener.onClose(code || ABNORMAL);
  };
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: (code) => {
      over = true;
      socket.onopen = socket.onmessage = null;
      socket.close(code);
    },
  };
};
