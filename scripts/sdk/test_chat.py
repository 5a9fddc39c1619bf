"""OpenAI's client against Chat Completions."""

import unittest

import openai
import pydantic

from server import TEXT, TWO_CALLS, USAGE, WEATHER, server

TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": WEATHER, "strict": True}}]
USER = {"role": "user", "content": "hi"}


class Verdict(pydantic.BaseModel):
    approved: bool
    feedback: str


class Chat(unittest.TestCase):
    def setUp(self):
        self.client = openai.OpenAI(base_url=server().url + "/v1", api_key="sk-test", max_retries=0)

    def ask(self, **more):
        return self.client.chat.completions.create(model="gpt-4.1-mini", messages=[USER], **more)

    def test_a_chat_is_completed(self):
        server().behave(answers=[{"text": TEXT, "usage": USAGE}])
        answer = self.ask(max_tokens=50)
        self.assertEqual(answer.choices[0].message.content, TEXT)
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        self.assertEqual((answer.usage.prompt_tokens, answer.usage.completion_tokens), (100, 40))
        self.assertEqual(answer.usage.prompt_tokens_details.cached_tokens, 30)

    def test_a_stream_brings_the_same(self):
        server().behave(answers=[{"text": TEXT, "usage": USAGE}], delta_chars=3)
        chunks = list(self.ask(stream=True, stream_options={"include_usage": True}))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        self.assertEqual(text, TEXT)
        self.assertEqual(chunks[-1].usage.total_tokens, 140)
        self.assertEqual([c.choices[0].finish_reason for c in chunks if c.choices][-1], "stop")

    def test_parallel_tools_are_called_and_answered(self):
        server().behave(answers=[{"tool_calls": TWO_CALLS}, {"text": "warm"}])
        message = self.ask(tools=TOOLS).choices[0].message
        self.assertEqual([call.function.arguments for call in message.tool_calls], ['{"city":"Wien"}', '{"city":"Graz"}'])
        results = [{"role": "tool", "tool_call_id": call.id, "content": "20"} for call in message.tool_calls]
        turns = [USER, message, *results]
        answer = self.client.chat.completions.create(model="gpt-4.1-mini", messages=turns, tools=TOOLS)
        self.assertEqual(answer.choices[0].message.content, "warm")
        with self.assertRaisesRegex(openai.BadRequestError, "did not have response messages"):
            self.client.chat.completions.create(model="gpt-4.1-mini", messages=turns[:-1], tools=TOOLS)

    def test_parallel_tools_are_streamed(self):
        server().behave(answers=[{"tool_calls": TWO_CALLS}])
        with self.client.chat.completions.stream(model="gpt-4.1-mini", messages=[USER], tools=TOOLS) as stream:
            calls = stream.get_final_completion().choices[0].message.tool_calls
        self.assertEqual([(c.function.name, c.function.arguments) for c in calls],
                         [("get_weather", '{"city":"Wien"}'), ("get_weather", '{"city":"Graz"}')])

    def test_structured_output_is_parsed(self):
        server().behave()
        answer = self.client.chat.completions.parse(model="gpt-4.1-mini", messages=[USER], response_format=Verdict)
        self.assertEqual(answer.choices[0].message.parsed, Verdict(approved=True, feedback="Good."))

    def test_errors_are_typed(self):
        for refusal, error, code in [
            ("unauthorized", openai.AuthenticationError, "invalid_api_key"),
            ("forbidden", openai.PermissionDeniedError, None),
            ("unknown_model", openai.NotFoundError, "model_not_found"),
            ("quota_spent", openai.RateLimitError, "insufficient_quota"),
            ("context_too_long", openai.BadRequestError, "context_length_exceeded"),
            ("internal", openai.InternalServerError, None),
            ("unavailable", openai.InternalServerError, None),
            ("bad_gateway", openai.InternalServerError, None),
            ("overloaded", openai.InternalServerError, None),
        ]:
            for stream in (False, True):
                with self.subTest(refusal=refusal, stream=stream), self.assertRaises(error) as raised:
                    server().refuse(refusal)
                    self.ask(stream=stream)
                self.assertEqual(raised.exception.code, code)

    def test_a_rate_limit_says_how_long_and_is_waited_for(self):
        server().refuse({"rate_limited": {"retry_after_seconds": 7}})
        with self.assertRaises(openai.RateLimitError) as raised:
            self.ask()
        self.assertEqual(raised.exception.response.headers["retry-after"], "7")
        server().refuse({"rate_limited": {"retry_after_seconds": 1}}, first=1)
        self.assertTrue(self.client.with_options(max_retries=1).chat.completions.create(model="m", messages=[USER]))
        first, second = server().ledger()
        self.assertGreaterEqual(second["at_ms"] - first["at_ms"], 900)

    def test_an_error_in_a_stream_is_raised(self):
        server().fault({"kind": "stream_error"})
        with self.assertRaises(openai.APIError):
            list(self.ask(stream=True))

    def test_a_cut_stream_is_an_error(self):
        server().fault({"kind": "cut", "at_byte": 400, "how": "reset"})
        with self.assertRaises(Exception):
            list(self.ask(stream=True))

    def test_models_are_listed(self):
        server().behave(models=["one", "two"])
        self.assertEqual([model.id for model in self.client.models.list()], ["one", "two"])
