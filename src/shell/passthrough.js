// MOECRAFT_ENABLED=false: the default provider answers, and nothing is read on the way.
import * as core from "../index.js";

export async function passThrough(request) {
  const { pathname, search } = new URL(request.url);
  const header = (name) => request.headers.get(name) ?? undefined;
  const way = new core.PassThrough(pathname + search, header("authorization"), header("x-api-key"));
  try {
    const url = way.url();
    if (!url) return new Response(way.body(), { status: way.status(), headers: { "content-type": "application/json" } });
    const headers = new Headers(request.headers);
    // The tenant's key is the gateway's business alone.
    for (const name of ["authorization", "x-api-key"]) headers.delete(name);
    for (const [name, value] of Object.entries(JSON.parse(way.headers()))) headers.set(name, value);
    headers.delete("cookie");
    return await fetch(url, { method: request.method, headers, body: request.body, redirect: "manual" });
  } catch {
    const error = { message: "the gateway is switched off, and the default provider could not be reached", type: "server_error", param: null, code: "upstream_failed" };
    return Response.json({ error }, { status: 502 });
  } finally {
    way.free();
  }
}
