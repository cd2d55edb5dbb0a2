import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { connectionNeverMade } from "../../src/aws/errors.ts";

const system = (code: string, syscall: string) => Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
const timeout = (message: string) => Object.assign(new Error(message), { name: "TimeoutError" });

it.each<[string, unknown, boolean]>([
  ["a refused connection", system("ECONNREFUSED", "connect"), true],
  ["an unknown name", system("ENOTFOUND", "getaddrinfo"), true],
  ["a name that cannot be looked up now", system("EAI_AGAIN", "getaddrinfo"), true],
  ["a network that cannot be reached", system("ENETUNREACH", "connect"), true],
  ["several addresses of which none answers", new AggregateError([system("ETIMEDOUT", "connect")]), true],
  ["a connection that is not established in time", timeout("the request socket did not establish a connection with the server"), true],
  ["a connection that breaks off", system("ECONNRESET", "read"), false],
  ["a host that is lost while it is written to", system("EHOSTUNREACH", "write"), false],
  ["a reply that does not come", timeout("a request has exceeded the configured 10000 ms requestTimeout"), false],
])("%s: nothing was sent is %j", (_, error, isNeverMade) => {
  expect(connectionNeverMade(error)).toBe(isNeverMade);
});

it("is true of what Node itself throws where nobody listens at any address", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  const error = await fetch(`http://localhost:${port}`).catch((thrown: Error) => thrown.cause);
  expect(connectionNeverMade(error)).toBe(true);
});
