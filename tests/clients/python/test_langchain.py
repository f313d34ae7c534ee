"""LangChain through langchain-openai. Started by tests/clients/python-sdks.mjs."""

import unittest

import openai
import pydantic
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import StructuredTool
from langchain_openai import ChatOpenAI

from task import KEY, MOST_TURNS, TASK, URL, run

MODEL = "gpt-5.5"


class City(pydantic.BaseModel):
    """A city and how warm it is there."""

    city: str
    degrees: float


def model(key=KEY, **more):
    return ChatOpenAI(base_url=f"{URL}/v1", api_key=key, model=MODEL, max_retries=0, **more)


class Chat(unittest.TestCase):
    def test_an_answer(self):
        message = model().invoke([SystemMessage("Be brief."), HumanMessage(TASK["hello"])])
        self.assertEqual(message.content, TASK["say"])
        self.assertGreater(message.usage_metadata["output_tokens"], 0)

    def test_a_stream(self):
        self.assertEqual("".join(chunk.content for chunk in model().stream(TASK["hello"])), TASK["say"])

    def test_tools(self):
        tools = [
            StructuredTool.from_function(
                func=lambda _name=tool["name"], **arguments: run(_name, arguments),
                name=tool["name"],
                description=tool["description"],
                args_schema=tool["schema"],
            )
            for tool in TASK["tools"]
        ]
        bound = model().bind_tools(tools)
        messages = [HumanMessage(TASK["prompt"])]
        called = []
        for _ in range(MOST_TURNS):
            answer = bound.invoke(messages)
            called += [[call["name"], call["args"]] for call in answer.tool_calls]
            if not answer.tool_calls:
                break
            results = [ToolMessage(run(call["name"], call["args"]), tool_call_id=call["id"]) for call in answer.tool_calls]
            messages += [answer, *results]
        self.assertEqual(answer.content, TASK["answer"])
        self.assertEqual(called, TASK["calls"])

    def test_an_image(self):
        image = {"type": "image", "base64": TASK["png"], "mime_type": "image/png"}
        message = model().invoke([HumanMessage([{"type": "text", "text": "What is this?"}, image])])
        self.assertEqual(message.content, TASK["image_seen"])

    def test_an_object_of_a_schema(self):
        answer = model().with_structured_output(City).invoke("How warm is it in Oslo?")
        self.assertEqual(answer, City(city="x", degrees=1.5))

    def test_a_wrong_key(self):
        with self.assertRaises(openai.AuthenticationError):
            model(key="moe_wrong").invoke("Hello.")


if __name__ == "__main__":
    unittest.main()
