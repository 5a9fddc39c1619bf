"""Anthropic's client against Messages."""

import unittest

import anthropic
import pydantic

from server import TEXT, TWO_CALLS, USAGE, WEATHER, server

TOOLS = [{"name": "get_weather", "input_schema": WEATHER, "strict": True}]
USER = {"role": "user", "content": "hi"}


class Verdict(pydantic.BaseModel):
    approved: bool
    feedback: str


class Messages(unittest.TestCase):
    def setUp(self):
        self.client = anthropic.Anthropic(base_url=server().url, api_key="sk-test", max_retries=0)

    def ask(self, **more):
        request = {"model": "claude-haiku-4-5", "max_tokens": 100, "messages": [USER], **more}
        return self.client.messages.create(**request)

    def test_a_message_is_completed(self):
        server().behave(answers=[{"text": TEXT, "usage": USAGE}])
        answer = self.ask()
        self.assertEqual((answer.content[0].text, answer.stop_reason), (TEXT, "end_turn"))
        # Anthropic leaves out of the input what its cache held.
        self.assertEqual((answer.usage.input_tokens, answer.usage.cache_read_input_tokens), (70, 30))
        self.assertEqual(answer.usage.output_tokens, 40)

    def test_a_stream_brings_the_same(self):
        server().behave(answers=[{"text": TEXT, "usage": USAGE}], delta_chars=3)
        with self.client.messages.stream(model="claude-haiku-4-5", max_tokens=100, messages=[USER]) as stream:
            text = "".join(stream.text_stream)
            final = stream.get_final_message()
        self.assertEqual((text, final.content[0].text, final.stop_reason), (TEXT, TEXT, "end_turn"))
        self.assertEqual((final.usage.input_tokens, final.usage.output_tokens), (70, 40))

    def test_parallel_tools_are_called_and_answered(self):
        for stream in (False, True):
            server().behave(answers=[{"text": "Let me look.", "tool_calls": TWO_CALLS}, {"text": "warm"}])
            if stream:
                with self.client.messages.stream(model="m", max_tokens=100, messages=[USER], tools=TOOLS) as events:
                    answer = events.get_final_message()
            else:
                answer = self.ask(tools=TOOLS)
            calls = [block for block in answer.content if block.type == "tool_use"]
            self.assertEqual([call.input for call in calls], [{"city": "Wien"}, {"city": "Graz"}])
            self.assertEqual(answer.stop_reason, "tool_use")
            said = {"role": "assistant", "content": [block.to_dict() for block in answer.content]}
            said["content"] = [{k: v for k, v in block.items() if k in KEPT} for block in said["content"]]
            results = [{"type": "tool_result", "tool_use_id": call.id, "content": "20"} for call in calls]
            turns = [USER, said, {"role": "user", "content": results}]
            self.assertEqual(self.ask(messages=turns, tools=TOOLS).content[0].text, "warm")
            with self.assertRaisesRegex(anthropic.BadRequestError, "without `tool_result`"):
                self.ask(messages=[USER, said, {"role": "user", "content": results[:1]}], tools=TOOLS)

    def test_a_forced_tool_is_called(self):
        server().behave()
        answer = self.ask(tools=TOOLS, tool_choice={"type": "tool", "name": "get_weather"})
        self.assertEqual(answer.content[0].name, "get_weather")

    def test_structured_output_is_parsed(self):
        server().behave()
        answer = self.client.messages.parse(model="m", max_tokens=100, messages=[USER], output_format=Verdict)
        self.assertEqual(answer.parsed_output, Verdict(approved=True, feedback="Good."))

    def test_errors_are_typed(self):
        for refusal, error in [
            ("unauthorized", anthropic.AuthenticationError),
            ("forbidden", anthropic.PermissionDeniedError),
            ("unknown_model", anthropic.NotFoundError),
            ("quota_spent", anthropic.BadRequestError),
            ("context_too_long", anthropic.BadRequestError),
            ("internal", anthropic.InternalServerError),
            ("unavailable", anthropic.InternalServerError),
            ("overloaded", anthropic.OverloadedError),
        ]:
            for stream in (False, True):
                with self.subTest(refusal=refusal, stream=stream), self.assertRaises(error):
                    server().refuse(refusal)
                    self.ask(stream=stream)

    def test_a_rate_limit_says_how_long(self):
        server().refuse({"rate_limited": {"retry_after_seconds": 7}})
        with self.assertRaises(anthropic.RateLimitError) as raised:
            self.ask()
        self.assertEqual(raised.exception.response.headers["retry-after"], "7")

    def test_an_error_in_a_stream_is_raised(self):
        server().fault({"kind": "stream_error"})
        with self.assertRaises(anthropic.APIStatusError) as raised:
            list(self.ask(stream=True))
        self.assertIn("overloaded_error", str(raised.exception))

    def test_what_the_vendor_refuses_is_refused(self):
        server().behave()
        with self.assertRaisesRegex(anthropic.BadRequestError, "first message"):
            self.ask(messages=[{"role": "assistant", "content": "hi"}])

    def test_models_are_listed(self):
        server().behave(models=["one", "two"])
        self.assertEqual([model.id for model in self.client.models.list()], ["one", "two"])


KEPT = ("type", "text", "id", "name", "input")
"""What of an answer's blocks may stand in a request."""
