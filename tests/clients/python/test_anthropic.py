"""The official Anthropic SDK for Python. Started by tests/clients/python-sdks.mjs."""

import unittest

import anthropic
import pydantic

from task import KEY, MOST_TURNS, TASK, URL, run

MODEL = "claude-sonnet-5-5"
TOOLS = [
    {"name": tool["name"], "description": tool["description"], "input_schema": tool["schema"]} for tool in TASK["tools"]
]


class City(pydantic.BaseModel):
    city: str
    degrees: float


def ask(content):
    return {"model": MODEL, "max_tokens": 4096, "messages": [{"role": "user", "content": content}]}


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


class Messages(unittest.TestCase):
    def setUp(self):
        self.client = anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0)
        self.addCleanup(self.client.close)

    def test_an_answer(self):
        message = self.client.messages.create(system="Be brief.", **ask(TASK["hello"]))
        self.assertEqual((text_of(message), message.stop_reason), (TASK["say"], "end_turn"))
        self.assertGreater(message.usage.output_tokens, 0)

    def test_a_stream(self):
        with self.client.messages.stream(**ask(TASK["hello"])) as stream:
            text = "".join(stream.text_stream)
            message = stream.get_final_message()
        self.assertEqual((text, text_of(message), message.stop_reason), (TASK["say"], TASK["say"], "end_turn"))

    def test_tools(self):
        for streaming in (False, True):
            with self.subTest(streaming=streaming):
                request = {**ask(TASK["prompt"]), "tools": TOOLS, "thinking": {"type": "adaptive"}}
                called = []
                for _ in range(MOST_TURNS):
                    message = self.create(request, streaming)
                    calls = [block for block in message.content if block.type == "tool_use"]
                    called += [[call.name, call.input] for call in calls]
                    if message.stop_reason != "tool_use":
                        break
                    results = [
                        {"type": "tool_result", "tool_use_id": call.id, "content": run(call.name, call.input)}
                        for call in calls
                    ]
                    request["messages"] += [
                        {"role": "assistant", "content": message.content},
                        {"role": "user", "content": results},
                    ]
                self.assertEqual(text_of(message), TASK["answer"])
                self.assertEqual(called, TASK["calls"])

    def create(self, request, streaming):
        if not streaming:
            return self.client.messages.create(**request)
        with self.client.messages.stream(**request) as stream:
            return stream.get_final_message()

    def test_an_image(self):
        image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": TASK["png"]}}
        message = self.client.messages.create(**ask([{"type": "text", "text": "What is this?"}, image]))
        self.assertEqual(text_of(message), TASK["image_seen"])

    def test_an_object_of_a_schema(self):
        message = self.client.messages.parse(**ask("How warm is it in Oslo?"), output_format=City)
        self.assertEqual(message.parsed_output, City(city="x", degrees=1.5))

    def test_a_count_of_tokens(self):
        messages = ask("How many are these?")["messages"]
        if TASK["counts"]:
            self.assertGreater(self.client.messages.count_tokens(model=MODEL, messages=messages).input_tokens, 0)
        else:  # Nobody counts there, and no figure is made up: clients estimate.
            with self.assertRaises(anthropic.NotFoundError):
                self.client.messages.count_tokens(model=MODEL, messages=messages)

    def test_the_models(self):
        self.assertIn("moecraft/auto", [model.id for model in self.client.models.list()])


class Errors(unittest.TestCase):
    def fails(self, kind, type, key=KEY, **more):
        with anthropic.Anthropic(base_url=URL, api_key=key, max_retries=0) as client:
            for stream in (False, True):
                with self.assertRaises(kind) as caught:
                    client.messages.create(**{**ask("Hello."), "stream": stream, **more})
                self.assertEqual(caught.exception.body["error"]["type"], type)

    def test_a_wrong_key(self):
        self.fails(anthropic.AuthenticationError, "authentication_error", key="moe_wrong")

    def test_a_body_that_cannot_be_used(self):
        self.fails(anthropic.BadRequestError, "invalid_request_error", messages=[])

    def test_a_model_that_is_not_there(self):
        self.fails(anthropic.NotFoundError, "not_found_error", model="local/absent")


if __name__ == "__main__":
    unittest.main()
