"""The official OpenAI SDK for Python against a running gateway, unchanged but for the base URL.

Started by tests/openai-sdk.test.mjs with MOECRAFT_URL and MOECRAFT_KEY. The provider behind the
gateway behaves as the model's name says (tests/support/sdk.mjs).
"""

import asyncio
import os
import unittest

import openai

URL = os.environ["MOECRAFT_URL"] + "/v1"
KEY = os.environ["MOECRAFT_KEY"]
MODEL = "openai/gpt-4o-mini"
TEXT = "Hello, this is an answer."
MESSAGES = [{"role": "user", "content": "Say hello."}]


class Completions(unittest.TestCase):
    def setUp(self):
        self.client = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=0)
        self.addCleanup(self.client.close)

    def test_a_completion(self):
        raw = self.client.chat.completions.with_raw_response.create(model=MODEL, messages=MESSAGES)
        completion = raw.parse()
        self.assertEqual(completion.choices[0].message.content, TEXT)
        self.assertEqual(completion.usage.total_tokens, 18)
        self.assertEqual(raw.headers["x-moecraft-class"], "haiku")

    def test_a_stream(self):
        stream = self.client.chat.completions.create(model="moecraft/auto", messages=MESSAGES, stream=True)
        self.assertEqual("".join(chunk.choices[0].delta.content or "" for chunk in stream), TEXT)

    def test_a_stream_with_usage(self):
        chunks = list(
            self.client.chat.completions.create(
                model=MODEL, messages=MESSAGES, stream=True, stream_options={"include_usage": True}
            )
        )
        self.assertEqual(chunks[-1].usage.total_tokens, 18)
        self.assertEqual(chunks[-1].choices, [])

    def test_a_question_asked_again(self):
        question = [{"role": "user", "content": "What is the capital of Norway?"}]
        for _ in range(100):
            raw = self.client.chat.completions.with_raw_response.create(model="moecraft/auto", messages=question)
            self.assertEqual(raw.parse().choices[0].message.content, TEXT)
            if raw.headers["x-moecraft-class"] == "surrogate":
                return
        self.fail("the answer was never served again")

    def test_tools(self):
        tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
        completion = self.client.chat.completions.create(model="toolsmith", messages=MESSAGES, tools=tools)
        self.assertEqual(completion.choices[0].message.tool_calls[0].function.name, "weather")

    def test_the_models(self):
        ids = [model.id for model in self.client.models.list()]
        self.assertIn("moecraft/auto", ids)
        self.assertIn(MODEL, ids)

    def test_many_at_once(self):
        async def ask():
            async with openai.AsyncOpenAI(base_url=URL, api_key=KEY, max_retries=0) as client:
                calls = (client.chat.completions.create(model=MODEL, messages=MESSAGES) for _ in range(20))
                return await asyncio.gather(*calls)

        answers = asyncio.run(ask())
        self.assertEqual({answer.choices[0].message.content for answer in answers}, {TEXT})


class Errors(unittest.TestCase):
    def fails(self, kind, status, key=KEY, **request):
        """Asserts that a request fails as `kind`, streamed or not; gives the last error."""
        for stream in (False, True):
            with openai.OpenAI(base_url=URL, api_key=key, max_retries=0) as client:
                with self.assertRaises(kind) as caught:
                    client.chat.completions.create(**{"model": MODEL, "messages": MESSAGES, "stream": stream, **request})
                self.assertEqual(caught.exception.status_code, status)
        return caught.exception

    def test_a_wrong_key(self):
        self.assertEqual(self.fails(openai.AuthenticationError, 401, key="moe_wrong").code, "invalid_api_key")

    def test_a_wrong_field(self):
        self.assertEqual(self.fails(openai.BadRequestError, 400, temperature=7).param, "temperature")

    def test_a_field_the_provider_refuses(self):
        self.assertEqual(self.fails(openai.BadRequestError, 400, model="choosy").param, "top_k")

    def test_an_absent_model(self):
        self.assertEqual(self.fails(openai.NotFoundError, 404, model="local/absent").code, "model_not_found")

    def test_a_provider_out_of_quota(self):
        self.fails(openai.RateLimitError, 429, model="limited")

    def test_a_provider_that_fails(self):
        self.fails(openai.InternalServerError, 502, model="failing")

    def test_a_stream_that_breaks_off(self):
        with openai.OpenAI(base_url=URL, api_key=KEY, max_retries=0) as client:
            stream = client.chat.completions.create(model="cut", messages=MESSAGES, stream=True)
            text = ""
            with self.assertRaises(openai.APIError):
                for chunk in stream:
                    text += chunk.choices[0].delta.content or ""
            self.assertTrue(text and TEXT.startswith(text))


if __name__ == "__main__":
    unittest.main()
