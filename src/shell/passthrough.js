// MOECRAFT_ENABLED=false: the default provider answers, and nothing is read on the way but what the guard must see.
import * as core from "../index.js";
import { read } from "./body.js";

export async function passThrough(request) {
  const { pathname, search } = new URL(request.url);
  const header = (name) => request.headers.get(name) ?? undefined;
  const way = new core.PassThrough(pathname + search, header("authorization"), header("x-api-key"), header("upgrade") !== undefined);
  try {
    let body;
    if (way.wants_body() && request.body) {
      body = await read(request, way.limit());
      if (body) way.examine(body);
      else way.too_large();
    } else way.examine_bare();
    const url = way.url();
    if (!url) return new Response(way.body(), { status: way.status(), headers: { "content-type": "application/json", ...JSON.parse(way.told()) } });
    const headers = new Headers(way.drops_headers() ? [] : request.headers);
    // The tenant's key is the gateway's business alone.
    for (const name of ["authorization", "x-api-key"]) headers.delete(name);
    for (const [name, value] of Object.entries(JSON.parse(way.headers()))) headers.set(name, value);
    headers.delete("cookie");
    return await fetch(url, { method: request.method, headers, body: way.may_send_own() ? body : undefined, redirect: "manual" });
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    const failed = { message: "the gateway is switched off, and the default provider could not be reached", type: "server_error", param: null, code: "upstream_failed" };
    return Response.json({ error: failed }, { status: 502 });
  } finally {
    way.free();
  }
}
