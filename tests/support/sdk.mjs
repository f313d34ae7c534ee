// The provider that the official SDKs meet behind the gateway: the model's name says how it behaves.
import { complete, status, stream } from "./answers.mjs";

const toolCall = { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } };

const models = {
  limited: status(429, { message: "slow down", headers: { "retry-after": "1" } }),
  failing: status(500),
  choosy: status(400, { message: "top_k is unknown", error: { type: "invalid_request_error", param: "top_k" } }),
  cut: stream({ cut: 2 }),
  toolsmith: complete({ message: { content: null, tool_calls: [toolCall] }, finish: "tool_calls" }),
};

export const byModel = (request) => models[request.model] ?? complete();
