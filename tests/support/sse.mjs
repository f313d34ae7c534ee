// Server-sent events, read independently of the code under test.

/** The `data` of each event as it arrives. Comments are left out. */
export async function* events(body) {
  for await (const lines of blocks(body)) {
    const data = lines.filter((line) => line.startsWith("data:"));
    if (data.length) yield data.map((line) => line.slice(5).replace(/^ /, "")).join("\n");
  }
}

/** Each block as it arrives, an event or a comment, as its lines. */
export async function* blocks(body) {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    const blocks = text.split(/\r?\n\r?\n/);
    text = blocks.pop();
    yield* blocks.map((block) => block.split(/\r?\n/));
  }
  if (text.trim()) throw new Error(`the stream ends inside an event: ${JSON.stringify(text)}`);
}

/** The text of a stream's chunks, put together. */
export const textOf = (chunks) => chunks.map((chunk) => chunk.choices?.[0]?.delta?.content ?? "").join("");
