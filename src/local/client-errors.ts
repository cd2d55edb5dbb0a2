import { type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { ApiError, errorBody } from "./api-error.ts";

/** How long a refused client may take to read why. */
const lingerMilliseconds = 1000;

/** Closes connections on which nothing at all has come after a while; Node's own timeouts begin with the first byte. */
export function closeSilentConnections(server: Server, milliseconds: number): void {
  server.on("connection", (socket: Socket) => {
    const timer = setTimeout(() => {
      if (socket.bytesRead === 0) socket.destroy();
    }, milliseconds).unref();
    socket.once("close", () => clearTimeout(timer));
  });
}

/** Says why, and closes the connection, where what came is no HTTP request, is cut off, or does not become whole in time. */
export function refuseFaultyRequests(server: Server): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === "ECONNRESET" || !socket.writable) return socket.destroy();
    const [status, message] = refusals[error.code ?? ""] ?? [400, "this is no HTTP request, or it was cut off"];
    const body = errorBody(new ApiError("SerializationException", message, "com.amazon.coral.service"));
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/x-amz-json-1.0\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    // To close with something unread would take the words back.
    socket.resume();
    setTimeout(() => socket.destroy(), lingerMilliseconds).unref();
  });
}

const refusals: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "the request did not arrive in time"],
  HPE_HEADER_OVERFLOW: [431, "the headers are too long"],
};
