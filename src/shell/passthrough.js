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
    headers.delete("x-api-key");
    for (const [name, value] of Object.entries(JSON.parse(way.headers()))) headers.set(name, value);
    return fetch(url, { method: request.method, headers, body: request.body, redirect: "manual" });
  } finally {
    way.free();
  }
}
