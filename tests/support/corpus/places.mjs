// Where in a request a text may stand, by dialect. Each place takes the texts of one turn or two and gives what the
// body has beside its model.

const parts = (type) => (texts) => texts.map((text) => ({ type, text }));
const schema = { type: "object", properties: { path: { type: "string" } } };
const user = (content) => ({ role: "user", content });
const GO_ON = "Go on.";

/** Turns of a user, with a model's in between: two turns are two messages, never one. */
const turns = (texts) => texts.flatMap((text, at) => (at ? [{ role: "assistant", content: "And then?" }, user(text)] : [user(text)]));

const chatCall = (args) => ({ role: "assistant", content: null, tool_calls: [{ id: "call_1", type: "function", function: { name: "read", arguments: args } }] });
const chatTool = (description) => ({ type: "function", function: { name: "read", description, parameters: schema } });
const chatResult = (content) => ({ role: "tool", tool_call_id: "call_1", content });

const responsesCall = (args) => ({ type: "function_call", call_id: "call_1", name: "read", arguments: args });
const responsesResult = (output) => ({ type: "function_call_output", call_id: "call_1", output });
const responsesTool = (description) => ({ type: "function", name: "read", description, parameters: schema });

const use = (input) => ({ role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "read", input }] });
const used = (content) => user([{ type: "tool_result", tool_use_id: "toolu_1", content }]);
const messagesTool = (description) => ({ name: "read", description, input_schema: schema });
const withMax = (places) => Object.fromEntries(Object.entries(places).map(([name, place]) => [name, (texts) => ({ max_tokens: 64, ...place(texts) })]));

const PLACES = {
  chat: {
    turns: (texts) => ({ messages: turns(texts) }),
    parts: (texts) => ({ messages: [user(parts("text")(texts))] }),
    system: (texts) => ({ messages: [...texts.map((content) => ({ role: "system", content })), user(GO_ON)] }),
    "an earlier turn": (texts) => ({ messages: [...turns(texts), { role: "assistant", content: "I see." }, user(GO_ON)] }),
    "a result": (texts) => ({ messages: [user(GO_ON), chatCall("{}"), chatResult(texts.join("\n"))], tools: [chatTool("Reads.")] }),
    arguments: (texts) => ({ messages: [user(GO_ON), chatCall(JSON.stringify({ path: texts.join("\n") })), chatResult("ok")], tools: [chatTool("Reads.")] }),
    "a tool": (texts) => ({ messages: [user(GO_ON)], tools: [chatTool(texts.join("\n"))] }),
  },
  responses: {
    "a text": (texts) => ({ input: texts.join("\n") }),
    turns: (texts) => ({ input: turns(texts) }),
    parts: (texts) => ({ input: [user(parts("input_text")(texts))] }),
    instructions: (texts) => ({ instructions: texts.join("\n"), input: GO_ON }),
    "a result": (texts) => ({ input: [user(GO_ON), responsesCall("{}"), responsesResult(texts.join("\n"))], tools: [responsesTool("Reads.")] }),
    arguments: (texts) => ({ input: [user(GO_ON), responsesCall(JSON.stringify({ path: texts.join("\n") })), responsesResult("ok")], tools: [responsesTool("Reads.")] }),
    "a tool": (texts) => ({ input: GO_ON, tools: [responsesTool(texts.join("\n"))] }),
  },
  messages: withMax({
    turns: (texts) => ({ messages: turns(texts) }),
    parts: (texts) => ({ messages: [user(parts("text")(texts))] }),
    system: (texts) => ({ system: parts("text")(texts), messages: [user(GO_ON)] }),
    "an earlier turn": (texts) => ({ messages: [...turns(texts), { role: "assistant", content: "I see." }, user(GO_ON)] }),
    "a result": (texts) => ({ messages: [user(GO_ON), use({}), used(texts.join("\n"))], tools: [messagesTool("Reads.")] }),
    arguments: (texts) => ({ messages: [user(GO_ON), use({ path: texts.join("\n") }), used("ok")], tools: [messagesTool("Reads.")] }),
    "a tool": (texts) => ({ messages: [user(GO_ON)], tools: [messagesTool(texts.join("\n"))] }),
  }),
};

/** A body in a dialect, without its model: its places take turns. */
export function placed(dialect, texts, at) {
  const places = Object.values(PLACES[dialect]);
  return places[at % places.length](texts);
}
