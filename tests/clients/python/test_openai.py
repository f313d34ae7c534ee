"""The official OpenAI SDK for Python: Chat Completions and Responses. Started by tests/clients/python-sdks.mjs."""

import json
import unittest

import openai
import pydantic

from task import KEY, MOST_TURNS, TASK, URL, run

MODEL = "gpt-5.5"
DATA_URL = "data:image/png;base64," + TASK["png"]


class City(pydantic.BaseModel):
    city: str
    degrees: float


class Case(unittest.TestCase):
    def setUp(self):
        self.client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)
        self.addCleanup(self.client.close)

    def fails(self, request):
        """Asserts that each error comes as its own class; `request` takes a client and more arguments."""
        for kind, key, more in (
            (openai.AuthenticationError, "moe_wrong", {}),
            (openai.NotFoundError, KEY, {"model": "local/absent"}),
            (openai.BadRequestError, KEY, {"unusable": True}),
        ):
            for stream in (False, True):
                with self.subTest(kind=kind.__name__, stream=stream):
                    with openai.OpenAI(base_url=f"{URL}/v1", api_key=key, max_retries=0) as client:
                        with self.assertRaises(kind) as caught:
                            request(client, {"stream": stream, **more})
                    self.assertTrue(caught.exception.message)


class Chat(Case):
    tools = [
        {
            "type": "function",
            "function": {"name": tool["name"], "description": tool["description"], "parameters": tool["schema"]},
        }
        for tool in TASK["tools"]
    ]

    def ask(self, content, **more):
        return {"model": MODEL, "messages": [{"role": "user", "content": content}], **more}

    def test_an_answer(self):
        completion = self.client.chat.completions.create(**self.ask(TASK["hello"]))
        self.assertEqual(completion.choices[0].message.content, TASK["say"])
        self.assertGreater(completion.usage.completion_tokens, 0)

    def test_a_stream(self):
        stream = self.client.chat.completions.create(**self.ask(TASK["hello"]), stream=True)
        self.assertEqual("".join(chunk.choices[0].delta.content or "" for chunk in stream), TASK["say"])

    def test_tools(self):
        for streaming in (False, True):
            with self.subTest(streaming=streaming):
                request = self.ask(TASK["prompt"], tools=self.tools)
                called = []
                for _ in range(MOST_TURNS):
                    message = self.create(request, streaming)
                    calls = [(call.id, call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []]
                    called += [[name, arguments] for _, name, arguments in calls]
                    if not calls:
                        break
                    request["messages"] += [message] + [
                        {"role": "tool", "tool_call_id": id, "content": run(name, arguments)} for id, name, arguments in calls
                    ]
                self.assertEqual(message.content, TASK["answer"])
                self.assertEqual(called, TASK["calls"])

    def create(self, request, streaming):
        if not streaming:
            return self.client.chat.completions.create(**request).choices[0].message
        with self.client.chat.completions.stream(**request) as stream:
            stream.until_done()
            return stream.get_final_completion().choices[0].message

    def test_an_image(self):
        content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": DATA_URL}}]
        completion = self.client.chat.completions.create(**self.ask(content))
        self.assertEqual(completion.choices[0].message.content, TASK["image_seen"])

    def test_an_object_of_a_schema(self):
        completion = self.client.chat.completions.parse(**self.ask("How warm is it in Oslo?"), response_format=City)
        self.assertEqual(completion.choices[0].message.parsed, City(city="x", degrees=1.5))

    def test_errors(self):
        def request(client, more):
            body = self.ask("Hello.", **more)
            if body.pop("unusable", False):
                body["messages"] = []
            client.chat.completions.create(**body)

        self.fails(request)


class Responses(Case):
    tools = [
        {"type": "function", "name": tool["name"], "description": tool["description"], "parameters": tool["schema"], "strict": True}
        for tool in TASK["tools"]
    ]

    def test_an_answer(self):
        response = self.client.responses.create(model=MODEL, instructions="Be brief.", input=TASK["hello"])
        self.assertEqual((response.output_text, response.status), (TASK["say"], "completed"))

    def test_a_stream(self):
        with self.client.responses.stream(model=MODEL, input=TASK["hello"]) as stream:
            text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
            response = stream.get_final_response()
        self.assertEqual((text, response.output_text), (TASK["say"], TASK["say"]))

    def test_tools(self):
        for streaming in (False, True):
            with self.subTest(streaming=streaming):
                items = [{"role": "user", "content": TASK["prompt"]}]
                called = []
                for _ in range(MOST_TURNS):
                    response = self.create(items, streaming)
                    calls = [item for item in response.output if item.type == "function_call"]
                    called += [[call.name, json.loads(call.arguments)] for call in calls]
                    if not calls:
                        break
                    items += [item.to_dict() for item in response.output] + [
                        {
                            "type": "function_call_output",
                            "call_id": call.call_id,
                            "output": run(call.name, json.loads(call.arguments)),
                        }
                        for call in calls
                    ]
                self.assertEqual(response.output_text, TASK["answer"])
                self.assertEqual(called, TASK["calls"])

    def create(self, items, streaming):
        request = {
            "model": MODEL,
            "input": items,
            "tools": self.tools,
            "store": False,
            "reasoning": {"summary": "auto"},
            "include": ["reasoning.encrypted_content"],
        }
        if not streaming:
            return self.client.responses.create(**request)
        with self.client.responses.stream(**request) as stream:
            return stream.get_final_response()

    def test_an_image(self):
        content = [{"type": "input_text", "text": "What is this?"}, {"type": "input_image", "image_url": DATA_URL, "detail": "auto"}]
        response = self.client.responses.create(model=MODEL, input=[{"role": "user", "content": content}])
        self.assertEqual(response.output_text, TASK["image_seen"])

    def test_an_object_of_a_schema(self):
        response = self.client.responses.parse(model=MODEL, input="How warm is it in Oslo?", text_format=City)
        self.assertEqual(response.output_parsed, City(city="x", degrees=1.5))

    def test_errors(self):
        def request(client, more):
            body = {"model": MODEL, "input": "Hello.", **more}
            if body.pop("unusable", False):
                body["input"] = []
            client.responses.create(**body)

        self.fails(request)


class Models(Case):
    def test_the_models(self):
        self.assertIn("moecraft/auto", [model.id for model in self.client.models.list()])


if __name__ == "__main__":
    unittest.main()
