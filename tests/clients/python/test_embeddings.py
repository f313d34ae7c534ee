"""Embeddings by the official OpenAI SDK for Python, and by LangChain. Started by tests/clients/python-sdks.mjs."""

import unittest

import openai
from langchain_openai import OpenAIEmbeddings

from task import KEY, TASK, URL

MODEL = "text-embedding-3-small"
TEXTS = list(TASK["vectors"])
VECTORS = list(TASK["vectors"].values())


class Embeddings(unittest.TestCase):
    def test_the_sdk(self):
        with openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0) as client:
            answer = client.embeddings.create(model=MODEL, input=TEXTS)
        self.assertEqual([item.embedding for item in answer.data], VECTORS)
        self.assertGreater(answer.usage.prompt_tokens, 0)

    def test_langchain(self):
        # Counting tokens by itself would need a download; MOECraft takes texts of any length that the model takes.
        embeddings = OpenAIEmbeddings(base_url=f"{URL}/v1", api_key=KEY, model=MODEL, max_retries=0, check_embedding_ctx_length=False)
        self.assertEqual(embeddings.embed_documents(TEXTS), VECTORS)


if __name__ == "__main__":
    unittest.main()
