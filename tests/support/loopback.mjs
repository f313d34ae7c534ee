// Servers and ports on the loopback.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { freePort } from "../../scripts/lib/net.mjs";

/** Starts a server for `handle(request, response)`: { origin, stop }. */
export async function serve(handle) {
  const server = createServer(handle);
  // Whoever calls ends idle connections: a request on one that the server is just closing would be lost.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, stop };
}

/**
 * A port to listen on, now and after a restart: from below those that Linux gives to connections (32768 and above), so
 * that none of them takes it in between.
 */
export const lastingPort = () => freePort(10_000 + randomInt(20_000));
